import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { DashboardServer } from './support/dashboard-server.js';

const SANDBOX_COMMANDS = [
  '/api/charges',
  '/api/completions',
  '/api/sandbox/spend',
  '/api/sandbox/top-up',
  '/api/sandbox/condition',
  '/api/sandbox/key',
  '/api/sandbox/busy',
  '/api/sandbox/store',
  '/api/sandbox/crash',
];

let account: OpenRouterSandbox;
let server: DashboardServer;

/** Starts the application on a sandbox that it takes for OpenRouter. */
async function start(keys: (account: OpenRouterSandbox) => object): Promise<void> {
  account = await OpenRouterSandbox.start({ keyLimit: 50 });
  server = await DashboardServer.start({ options: { baseUrl: account.baseUrl, ...keys(account) } });
}

afterEach(async () => {
  await server.close();
  await account.stop();
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a real account', () => {
  it('is shown, and only read', async () => {
    await start(({ apiKey, managementKey }) => ({ apiKey, managementKey }));
    const stream = await server.events();
    const shown = await stream.until(
      ({ balance, spend, keys, budgets }) =>
        balance.data !== null && spend.data !== null && keys.data !== null && budgets.data !== null,
    );
    expect(shown).toMatchObject({
      account: { isSandbox: false, hasApiKey: true, hasManagementKey: true, pollIntervalMs: 60_000 },
      balance: { data: { balance: 74.75, keyLimitRemaining: 50, spendable: 50 }, problem: null },
      sandbox: null,
    });
    for (const path of SANDBOX_COMMANDS) {
      const { status } = await server.post(path, { usd: 1, amount: 1, condition: 'outage', expired: true });
      expect([path, status]).toEqual([path, 404]);
    }
    await server.command('/api/balance/refresh', {});
    const { paths } = JSON.parse((await server.ask('/docs-json')).text);
    expect(Object.keys(paths).sort()).toEqual(['/api/balance/refresh', '/api/events']);
    expect(account.requests.length).toBeGreaterThan(5);
    expect(account.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('shows which limit decides, and until when', async () => {
    await start(({ apiKey, managementKey }) => ({ apiKey, managementKey }));
    account.addGuardrail({ scope: 'member', limitUsd: 3, resetInterval: 'monthly' });
    const stream = await server.events();
    await server.command('/api/balance/refresh', {});
    const { balance } = await stream.until((shown) => shown.balance.data?.limitedBy === 'budget');
    expect(balance.data).toMatchObject({ balance: 74.75, keyLimitRemaining: 50, spendable: 3 });
    expect(new Date(balance.data!.resetsAt!).toISOString()).toMatch(/-01T00:00:00\.000Z$/);
  });

  it('is not read again when the page is reloaded', async () => {
    await start(({ apiKey, managementKey }) => ({ apiKey, managementKey }));
    const stream = await server.events();
    await stream.until(({ budgets }) => budgets.data !== null);
    stream.close();
    account.clearRequests();
    const again = await server.events();
    expect(again.dashboard.keys.data).toHaveLength(1);
    await again.until(() => again.types.includes('beat'));
    expect(account.requests).toEqual([]);
  });

  it('is read once, however often the page is reloaded during the reading', async () => {
    await start(({ apiKey, managementKey }) => ({ apiKey, managementKey }));
    account.latencyMs = 1_000;
    for (let count = 0; count < 10; count += 1) {
      const stream = await server.events();
      stream.close();
      await sleep(20);
    }
    const stream = await server.events();
    await stream.until(({ budgets }) => budgets.data !== null);
    // Later than any reading that the closed pages could have started.
    await sleep(1_200);
    const asked = (path: string): number =>
      account.requests.filter((request) => request.path.includes(path)).length;
    expect([asked('/keys'), asked('/budgets')]).toEqual([1, 1]);
  });

  it('has its balance read once for many concurrent refreshes', async () => {
    await start(({ apiKey, managementKey }) => ({ apiKey, managementKey }));
    await server.command('/api/balance/refresh', {});
    account.clearRequests();
    for (let count = 0; count < 5; count += 1) {
      await Promise.all(Array.from({ length: 10 }, () => server.command('/api/balance/refresh', {})));
    }
    expect(account.requests).toEqual([]);
    const later = performance.now() + 5_001;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(later);
    await server.command('/api/balance/refresh', {});
    clock.mockRestore();
    expect(account.requests.map(({ path }) => path)).toContain('/api/v1/credits');
  });

  it.each([401, 403])('that refuses the key with a %i does not lock out the user', async (status) => {
    await start(({ managementKey }) => ({ managementKey }));
    account.failNext({
      status,
      body: { error: { code: status, message: 'No such key.' } },
      times: Infinity,
    });
    for (let count = 0; count < 5; count += 1) {
      await expect(server.refusal('/api/balance/refresh', {})).resolves.toMatchObject({
        statusCode: 502,
        message: 'No such key.',
      });
    }
    // The watch reads it at the start, too.
    expect(account.requests.filter(({ path }) => path === '/api/v1/credits').length).toBeLessThanOrEqual(2);
  });

  it('says which key is missing, and sends no request that would be refused', async () => {
    await start(({ apiKey }) => ({ apiKey }));
    const stream = await server.events();
    const { balance, spend, keys, budgets } = await stream.until((shown) => shown.balance.data !== null);
    expect(balance.data).toMatchObject({
      balance: null,
      keyLimitRemaining: 50,
      spendable: 50,
      isBalanceKnown: false,
      isKeyLimitKnown: true,
    });
    for (const panel of [spend, keys, budgets]) {
      expect(panel).toMatchObject({
        data: null,
        problem: { message: expect.stringContaining('Set OPENROUTER_MANAGEMENT_KEY') },
      });
    }
    await stream.until(() => stream.types.includes('beat'));
    expect(new Set(account.requests.map(({ path }) => path))).toEqual(
      new Set(['/api/v1/credits', '/api/v1/key']),
    );
  });
});
