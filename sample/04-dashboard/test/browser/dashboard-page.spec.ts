/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenRouterClient } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { HAS_POSTGRES, PostgresServer } from '../../../../test/postgres/support/postgres-server.js';
import { hasBrowser, type OpenPage, TestBrowser } from '../support/browser.js';
import { Program } from '../support/program.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FIRST_PAINT_BYTES = 200_000;

let browser: TestBrowser;
let programs: Program[] = [];
let pages: OpenPage[] = [];
/** Used by all tests that leave it as it was: a start takes seconds. */
let shared: { readonly program: Program; readonly url: Promise<string> } | undefined;

async function start(env: Record<string, string> = {}): Promise<string> {
  const program = new Program(env);
  programs.push(program);
  return program.url();
}

function startShared(): Promise<string> {
  if (shared === undefined) {
    const program = new Program();
    shared = { program, url: program.url() };
  }
  return shared.url;
}

/** Puts the shared one back to what it was, but for what was spent. */
async function resetShared(): Promise<void> {
  const url = await shared?.url;
  const resets = url === undefined ? {} : { condition: { condition: 'normal' }, key: { expired: false } };
  for (const [path, body] of Object.entries(resets)) {
    const answer = await fetch(`${url}api/sandbox/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(204);
  }
}

async function open(url: string, options: Parameters<TestBrowser['open']>[1] = {}): Promise<OpenPage> {
  const opened = await browser.open(url, options);
  pages.push(opened);
  return opened;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The serious problems that axe finds. */
async function barriersOf({ page }: OpenPage): Promise<string[]> {
  // Through the debugger, because the page allows no foreign scripts.
  const violations = await page.evaluate(`${AXE}; axe.run().then(({ violations }) => violations)`);
  return (violations as { id: string; impact: string; nodes: { html: string }[] }[])
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}

(hasBrowser ? describe : describe.skip)('the page', () => {
  beforeAll(async () => {
    browser = await TestBrowser.launch();
  });

  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    await Promise.all(programs.map((program) => program.kill()));
    pages = [];
    programs = [];
    await resetShared();
  });

  afterAll(async () => {
    await browser.close();
    await shared?.program.kill();
  });

  it('fills every panel without errors, layout shifts or large downloads', async () => {
    const url = await start();
    const { page, errors, ...opened } = await open(url);
    const view = pages[0]!;
    await view.text('#spendable', /^\$1[12]\.\d\d$/);
    await view.text('#balance-freshness', /^GET \/credits and GET \/key · read \d s ago$/);
    await view.text(
      '#forecast',
      /^\$\d\.\d\d a day, averaged over the last \d+ days without today; runs out on \w{3} \d+ \w{3}, in \d+ days\.$/,
    );
    await view.text('#runway', /^Lasts about \d+ days, until /);
    await view.text('#spend-legend', /anthropic\/claude-sonnet-4 \$\d+\.\d\d.*other models/);
    await view.text(
      '#keys',
      /Search team\$[\d.]+ of \$60\.00 used, resets monthly.*Old prototype \(disabled\)/,
    );
    await view.text('#budgets', /default, monthly\$[\d.]+ of \$200\.00/);
    await view.text('#traffic-tiles', /^attempts\d+failed0 %retries0p95\d+ ms/);
    await view.text('#connection', /^Live$/);
    expect(await page.title()).toMatch(/^\$1[12]\.\d\d · OpenRouter credits$/);

    const bytes = await page.evaluate(() =>
      [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce(
        (sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize,
        0,
      ),
    );
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(FIRST_PAINT_BYTES);
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
          }).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => resolve(sum), 500);
        }),
    );
    expect(shift).toBeLessThan(0.02);
    expect(errors).toEqual([]);
    expect(opened.answers.get('/')).toContain('<main');
  });

  it('follows spending and top-ups, and shows the alerts', async () => {
    const view = await open(await start());
    await view.filled();
    await view.page.uncheck('#busy');
    const before = await view.spendable();
    await view.page.click('#spend-money');
    await view.spendableBetween(before - 2.5, before - 1.9);
    await view.text('#hint', /^Two dollars are gone/);
    await view.page.click('#spend-money');
    await view.page.click('#spend-money');
    await view.text('#alerts', /low\s+\$[\d.]+ is below \$8\.00\./);
    await view.text('#level', /^Low$/);
    const low = await view.spendable();
    await view.page.click('#top-up');
    await view.spendableBetween(low + 9, low + 10.1);
    await view.text('#alerts', /^recovered\s+\$[\d.]+, above \$8\.00 again\..*low/);
    await view.text('#level', /^Enough$/);
    expect(view.errors).toEqual([]);
  });

  it('keeps its figures through an outage, and marks them as old', async () => {
    const view = await open(await startShared());
    await view.filled();
    const before = await view.spendable();
    await view.page.check('[value="outage"]');
    await view.text('#balance-freshness', /temporarily unavailable/);
    await view.text('#keys-freshness', /\(since \d\d:\d\d:\d\d\) · GET \/keys · read \d+ s ago$/);
    await view.text('#failures', /credits\.getCredits 503/);
    await view.text('#level', /^(Enough|Low), from an old reading$/);
    expect(Math.abs((await view.spendable()) - before)).toBeLessThan(1);
    await view.page.check('[value="normal"]');
    await view.text('#balance-freshness', /^GET \/credits and GET \/key · read \d s ago$/);
    await view.text('#keys-freshness', /^GET \/keys · read \d s ago$/);
    await view.text('#level', /^(Enough|Low)$/);
  });

  it('hides the figures that the key may no longer see', async () => {
    const view = await open(await startShared());
    await view.filled();
    await view.spendable();
    await view.page.check('#expired');
    await view.text('#spendable', /^–$/);
    await view.text('#alerts', /unavailable/);
    await view.text('#balance-freshness', /User not found/);
    expect(await view.page.title()).toBe('OpenRouter credits');
    await view.page.uncheck('#expired');
    await view.spendable();
    await view.text('#alerts', /^recovered/);
  });

  it('shows the 429s of a throttled account, and stays up to date with a slow one', async () => {
    const view = await open(await startShared());
    await view.spendable();
    await view.page.check('[value="throttled"]');
    await view.text('#failures', / 429: /);
    await view.page.check('[value="slow"]');
    await view.text('#hint', /three seconds/);
    await view.text('#balance-freshness', /^GET \/credits and GET \/key · read \d s ago$/);
    expect(await view.spendable()).toBeGreaterThan(5);
  });

  it('puts a burst through the guard, which refuses when the money is short', async () => {
    const view = await open(await start());
    await view.filled();
    await view.page.uncheck('#busy');
    await view.page.click('#burst');
    const hint = await view.text('#hint', /answered, /, 30_000);
    const [answered, byLimit, byGuard, failed] = hint.match(/\d+/g)!.map(Number);
    expect(answered! + byLimit! + byGuard! + failed!).toBe(200);
    // A dollar is left, and each holds two cents.
    expect([answered, byLimit, byGuard, failed]).toEqual([50, 150, 0, 0]);
    expect(hint).toContain('Exactly 50 fitted under the limit.');
    await view.text('#traffic-tiles', /guard checks200/);
    await view.text(
      '#refusals',
      /^globex 150 completions refused: too little is left of \$1\.00 \(tenant per day\)\. Resets \d+ \w+, 00:00 UTC, in \d+ \w+\. \d\d:\d\d:\d\d$/,
    );
    await view.text(
      '[data-tenant="globex"]',
      /\$0\.00 left of \$1\.00, resets .*spent \$1\.00 · held \$0\.00/,
    );
    await view.text('#alerts', /reached globex: the limit of \$1\.00 is used up\. Resets /);
    // The limit is used up, so the next burst lets nothing through.
    await view.page.click('#burst');
    await view.text(
      '#hint',
      /^0 completions answered, 200 refused.*Exactly 0 fitted under the limit/,
      30_000,
    );
    // A completion costs two cents. For up to a minute it may count twice: in OpenRouter's figures and as recorded spend.
    await view.spendableBetween(12 - answered! * 0.04 - 0.5, 12 - answered! * 0.02);
    // Longer than the waits in it, which say what did not happen.
  });

  it('shows what the tenants spend, what is held, what was lost, and what was spent past the meter', async () => {
    const view = await open(await start());
    await view.text('[data-tenant="acme"]', /^acme Team.* left of \$2\.00.*held \$0\.0300/);
    await view.text(
      '#completions [data-outcome="aborted"]',
      /acme.*stream, leftcost from GET \/generation\$0\.01/,
    );
    await view.page.uncheck('#busy');
    await view.text('[data-tenant="acme"]', /held \$0\.00/);
    await view.page.click('#spend-money');
    await view.text('#metered-verdict', /^\d\d % was spent past the meter/);
    await view.text(
      '#metered-figures',
      /^Metered\$[\d.]+Past the meter\$[12]\.\d\dBilled by OpenRouter\$2\.\d\d$/,
    );
    await view.page.click('#crash');
    await view.text('#hint', /^A worker was lost/);
    await view.text('[data-tenant="acme"]', /unsettled \$0\.03/);
    await view.page.waitForSelector('[data-tenant="acme"] .part-unsettled[style*="1.5"]');
    await view.page.check('#store-down');
    await view.text('#tenants-freshness', /did not answer in time.*Spend store · read/);
    await view.page.click('#burst');
    await view.text('#hint', /200 refused because the spend store does not answer/, 30_000);
    await view.page.uncheck('#store-down');
    await view.text('#tenants-freshness', /^Spend store · read \d s ago$/);
  });

  it('shows the ledger of the embedded database', async () => {
    const view = await open(await start());
    await view.text('#ledger-tenants', /^TenantCompletionsSpentNot settled(?=.*acme\d)/, 40_000);
    await view.text('#ledger-verdict', /^The ledger has nothing of these days\.$/);
    expect(await barriersOf(view)).toEqual([]);
    expect(view.errors).toEqual([]);
  });

  (HAS_POSTGRES ? it : it.skip)(
    'shows the ledger that a PostgreSQL keeps, also on a real account',
    async () => {
      const postgres = await PostgresServer.start();
      try {
        await using sandbox = await OpenRouterSandbox.start();
        const { apiKey, managementKey, baseUrl } = sandbox;
        const view = await open(await start({ DATABASE_URL: postgres.url }));
        await view.text('#tenants', /acme Team.*spent \$0\.0[1-9]/, 40_000);
        await view.text('#ledger-tenants', /^TenantCompletionsSpentNot settled(?=.*acme\d)/, 40_000);
        await view.text('#ledger-verdict', /^The ledger has nothing of these days\.$/);
        expect(await view.page.locator('#ledger-days tbody tr').count()).toBe(7);
        expect(await barriersOf(view)).toEqual([]);
        expect(view.errors).toEqual([]);

        const keys = { OPENROUTER_API_KEY: apiKey, OPENROUTER_MANAGEMENT_KEY: managementKey };
        const real = await open(
          await start({ DATABASE_URL: postgres.url, OPENROUTER_BASE_URL: baseUrl, ...keys }),
        );
        await real.text('#ledger-freshness', /^Ledger and GET \/activity · read \d+ s ago$/);
        expect(await real.page.isVisible('#ledger')).toBe(true);
        expect(await real.page.isVisible('.tenants')).toBe(false);
      } finally {
        await Promise.all(programs.map((program) => program.kill()));
        await postgres.stop();
      }
    },
    120_000,
  );

  it('begins its charts with what there is', async () => {
    const view = await open(await start());
    await view.spendable();
    const filled = await view.page.waitForFunction(() => {
      const { Chart } = globalThis as unknown as { Chart: { getChart: (id: string) => any } };
      const { data, scales } = Chart.getChart('balance-chart');
      const points = data.datasets[0].data as { x: number }[];
      if (points.length < 3) return undefined;
      return (points.at(-1)!.x - points[0]!.x) / (scales.x.max - scales.x.min);
    });
    expect(await filled.jsonValue()).toBeGreaterThan(0.5);
    const seconds = await view.page.evaluate(
      () => (globalThis as unknown as { Chart: any }).Chart.getChart('traffic-chart').data.labels.length,
    );
    expect(seconds).toBeLessThan(60);
  });

  it('says that Coinbase charges are gone, and links to where credits are bought', async () => {
    const view = await open(await startShared());
    await view.page.fill('#charge-amount', '25');
    await view.page.click('#charge button');
    await view.text('#charge-result', /^410: .*Buy credits here$/);
    expect(await view.page.getAttribute('#charge-result a', 'href')).toBe(
      'https://openrouter.ai/settings/credits',
    );
    await view.page.fill('#charge-amount', 'much');
    await view.page.press('#charge-amount', 'Enter');
    await view.text('#charge-result', /^400: .*amount/);
  });

  it('links to the payment page of a charge if it is a web address', async () => {
    const view = await open(await startShared());
    await view.spendable();
    let hostedUrl = 'https://commerce.coinbase.com/pay/1';
    await view.page.route('**/api/charges', (route) =>
      route.fulfill({ status: 201, json: { id: 'charge-1', hostedUrl, amount: '25.00', currency: 'USD' } }),
    );
    await view.page.click('#charge button');
    await view.text('#charge-result', /^Charge charge-1 of 25\.00 USD was created\. Pay it$/);
    expect(await view.page.getAttribute('#charge-result a', 'href')).toBe(hostedUrl);
    hostedUrl = 'javascript:alert(1)';
    await view.page.click('#charge button');
    await view.text('#charge-result', /javascript:/);
    expect(await view.page.locator('#charge-result a').count()).toBe(0);
  });

  it('says that the server is gone, and reconnects when it is back', async () => {
    const port = String(await freePort());
    const url = await start({ PORT: port });
    const view = await open(url);
    await view.spendable();
    expect(await view.page.isVisible('#banner')).toBe(false);
    await programs[0]!.kill();
    await view.text('#connection', /^Connection lost$/);
    expect(await view.page.title()).toBe('OpenRouter credits');
    expect(await barriersOf(view)).toEqual([]);
    await view.text('#banner', /^No contact with the server since \d\d:\d\d:\d\d/);
    expect(await view.page.getAttribute('body', 'class')).toBe('lost');
    await start({ PORT: port });
    await view.text('#connection', /^Live$/);
    expect(await view.page.isVisible('#banner')).toBe(false);
    await view.spendable();
    await view.page.click('#spend-money');
    await view.text('#hint', /^Two dollars/);
  });

  it('is read-only on a real account, and shows names as plain text', async () => {
    await using sandbox = await OpenRouterSandbox.start();
    await using client = new OpenRouterClient({
      managementKey: sandbox.managementKey,
      baseUrl: sandbox.baseUrl,
    });
    const name = '<img src=x onerror="document.title=1">';
    const { secret } = await client.apiKeys.create({ name, limit: 5 });
    sandbox.clearRequests();
    const { apiKey, managementKey, baseUrl } = sandbox;
    const url = await start({
      OPENROUTER_API_KEY: apiKey,
      OPENROUTER_MANAGEMENT_KEY: managementKey,
      OPENROUTER_BASE_URL: baseUrl,
    });
    const view = await open(url);
    await view.text('#spendable', /^\$74\.75$/);
    await view.text('#account', /^127\.0\.0\.1:\d+, read-only$/);
    await view.text('#keys strong', /./);
    expect(await view.page.textContent('#keys')).toContain(name);
    for (const hidden of ['#sandbox', '#charge']) expect(await view.page.isVisible(hidden)).toBe(false);
    expect(await view.page.isVisible('#purchase')).toBe(true);
    expect(await view.page.textContent('#balance-details')).not.toContain('Limited by');
    sandbox.addGuardrail({ scope: 'member', limitUsd: 3, resetInterval: 'monthly' });
    await view.page.click('#refresh');
    await view.page.waitForFunction(() => !document.querySelector('#refresh')!.hasAttribute('aria-disabled'));
    await view.text('#balance-details', /^Limited bya budget, resets 1 [A-Z][a-z]{2,3}, 00:00 UTC/);
    await view.text('#spendable', /^\$3\.00$/);
    expect([...new Set(sandbox.requests.map(({ method }) => method))]).toEqual(['GET']);
    expect(view.errors).toEqual([]);

    const seen = [await view.page.content(), ...view.answers.values()].join('\n');
    expect(seen).toContain('read-only');
    for (const key of [apiKey, managementKey, secret.reveal()]) {
      // Half of a key would be too much already.
      expect(seen).not.toContain(key.slice(12, 36));
    }
    expect(seen).not.toMatch(/sk-or-v1-/);
  });

  it('notices a server that hangs', async () => {
    const view = await open(await start());
    await view.spendable();
    programs[0]!.signal('SIGSTOP');
    await view.text('#connection', /^Connection lost$/);
    programs[0]!.signal('SIGCONT');
    await view.text('#connection', /^Live$/);
    await view.spendable();
  });

  it('starts over when another server has its address', async () => {
    await using sandbox = await OpenRouterSandbox.start({
      credits: { totalCredits: 5_000, totalUsage: 0.5 },
    });
    const port = String(await freePort());
    const view = await open(await start({ PORT: port }));
    await view.spendable();
    await programs[0]!.kill();
    await start({
      PORT: port,
      OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey,
      OPENROUTER_BASE_URL: sandbox.baseUrl,
    });
    await view.text('#account', /read-only$/);
    await view.text('#spendable', /^\$4,999\.50$/);
    expect(await view.page.isVisible('#sandbox')).toBe(false);
    const room = await view.page.evaluate(() => {
      const figure = document.querySelector('#spendable')!;
      return figure.parentElement!.clientWidth - figure.scrollWidth;
    });
    expect(room).toBeGreaterThanOrEqual(0);
  });

  it('closes its connection while it is hidden', async () => {
    const url = await start();
    const view = await open(url);
    await view.spendable();
    // Headless browsers have no tabs in the background.
    const hide = (isHidden: boolean): Promise<void> =>
      view.page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    const before = await view.spendable();
    await fetch(new URL('/api/sandbox/spend', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"usd":5}',
    });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await view.spendable()).toBe(before);
    await hide(false);
    await view.spendableBetween(before - 6, before - 4.9);
  });

  it('lets in only those who have the token', async () => {
    const token = 'a-token-of-the-tests';
    const url = await start({ HOST: '0.0.0.0', DASHBOARD_TOKEN: token });
    expect(url).toMatch(/\?token=a-token-of-the-tests$/);
    const origin = `http://127.0.0.1:${new URL(url).port}`;
    const view = await open(`${origin}/?token=${token}`);
    await view.spendable();
    expect(view.page.url()).toBe(`${origin}/`);
    await view.page.click('#spend-money');
    await view.text('#hint', /^Two dollars/);
    expect(await view.page.content()).not.toContain(token);
    const stranger = await open(`${origin}/`);
    expect(await stranger.page.textContent('body')).toMatch(/^Open the URL that the server printed/);
  });

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 320, height: 640 } }],
  ] as const)('is accessible: %s', async (_name, options) => {
    const view = await open(await startShared(), options);
    await view.spendable();
    await view.page.check('[value="outage"]');
    await view.text('#keys-freshness', /since/);
    await view.page.click('summary');
    expect(await barriersOf(view)).toEqual([]);
    expect(
      await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    ).toBeLessThanOrEqual(0);
  });

  it('works with the keyboard alone', async () => {
    const view = await open(await startShared());
    const before = await view.spendable();
    const { keyboard } = view.page;
    const focused = (): Promise<string> =>
      view.page.evaluate(() => document.activeElement!.getAttribute('id') ?? document.activeElement!.tagName);
    const order: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      await keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['A', 'refresh', 'spend-money', 'top-up', 'burst', 'crash', 'INPUT', 'expired']);
    await view.page.focus('#spend-money');
    await keyboard.press('Enter');
    await view.spendableBetween(before - 2.5, before - 1.9);
    // The focus is still there.
    await keyboard.press('Enter');
    await view.spendableBetween(before - 4.7, before - 3.9);
    await view.page.focus('[value="normal"]');
    await keyboard.press('ArrowRight');
    await view.text('#hint', /three seconds/);
  });
});
