import { expect } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  type CompletionCost,
  MeteringService,
  OpenRouterModule,
  SpendLimitsService,
  type SpendStore,
} from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { randomBy } from '../../support/random.js';
import { sleep, until } from '../../support/waiting.js';
import { askedAgain } from './asked-again.js';

/** The first ones fit; the last ones reach the limits. */
const STREAMS = 100;
const AT_ONCE = 50;
const TENANTS = ['acme', 'globex', 'initech', 'umbrella', 'hooli'];
const LIMIT_USD = 2;
const HOLD_USD = 0.2;
const PATIENCE_MS = 40_000;
const PAUSE_MS = 100;
const LOST_SHARE = 0.1;
const SEED = 20_261_129;

type End = 'answered' | 'refused';

/** What may lose answers on their way from a server to the stores. */
export interface Lossy {
  readonly lostAnswers: number;
  loseAnswers(isLost: () => boolean): void;
}

const nano = (usd: number): number => Math.round(usd * 1e9);

/**
 * Runs streams of several tenants in two applications, while one of ten answers of the stores' server is lost after
 * the command was carried out. In the end, each tenant's spend is exactly what OpenRouter has billed.
 */
export async function expectExactBills(
  stores: readonly SpendStore[],
  lossy: Lossy,
  atOnce = AT_ONCE,
): Promise<void> {
  const sandbox = await OpenRouterSandbox.start();
  const applications: TestingModule[] = [];
  try {
    for (const store of stores) applications.push(await application(sandbox, store));
    await expectExactBillsIn(applications, sandbox, lossy, atOnce);
  } finally {
    lossy.loseAnswers(() => false);
    for (const one of applications) await one.close();
    await sandbox.stop();
  }
}

async function application(
  { apiKey, baseUrl }: OpenRouterSandbox,
  store: SpendStore,
): Promise<TestingModule> {
  const testing = await Test.createTestingModule({
    imports: [
      OpenRouterModule.forRoot({
        apiKey,
        baseUrl,
        spendLimits: {
          rules: [
            { by: 'tenant', usd: LIMIT_USD, period: 'total' },
            { by: [], usd: 100, period: 'total' },
          ],
          store,
          holdUsd: HOLD_USD,
          learnHolds: false,
        },
        metering: { lookupDelaysMs: [1, 5, 20, 100] },
      }),
    ],
  }).compile();
  return testing.init();
}

async function expectExactBillsIn(
  applications: readonly TestingModule[],
  sandbox: OpenRouterSandbox,
  lossy: Lossy,
  atOnce: number,
): Promise<void> {
  const random = randomBy(SEED);
  // Some cost more than what is held for them; some connections break in the middle.
  sandbox.onCompletion(() => ({
    usd: Math.round(0.05e9 + random() * 0.25e9) / 1e9,
    chunks: 8,
    chunkDelayMs: 10,
    ...(random() < 0.2 && { cutAfter: 4 }),
  }));
  const costs: CompletionCost[] = [];
  for (const one of applications) one.get(MeteringService).costs$.subscribe((cost) => costs.push(cost));

  const ends: End[] = [];
  for (let sent = 0; sent < STREAMS; sent += atOnce) {
    lossy.loseAnswers(() => random() < LOST_SHARE);
    const streams = Array.from({ length: atOnce }, (_, index) =>
      streamed(
        applications[index % applications.length]!.get(MeteringService),
        sandbox,
        TENANTS[index % TENANTS.length]!,
        index % 4 === 3,
      ),
    );
    ends.push(...(await Promise.all(streams)));
    lossy.loseAnswers(() => false);
    await Promise.all(applications.map((one) => one.get(MeteringService).settled()));
  }
  expect(lossy.lostAnswers).toBeGreaterThan(0);

  expect(ends.filter((end) => end === 'answered').length).toBeGreaterThan(STREAMS / 4);
  expect(ends).toContain('refused');
  expect(sandbox.charges).toHaveLength(ends.filter((end) => end === 'answered').length);
  const limits = applications[0]!.get(SpendLimitsService);
  const heldOf = async (tenant: string): Promise<number | undefined> => {
    const usages = await limits.usage({ tenant }).catch(() => undefined);
    return usages?.reduce((sum, { heldUsd, unsettledUsd }) => sum + heldUsd + unsettledUsd, 0);
  };
  for (const tenant of TENANTS) await until(async () => (await heldOf(tenant)) === 0, PATIENCE_MS);
  for (const tenant of TENANTS) {
    const bills = sandbox.charges.filter(({ user }) => user === tenant).map(({ usd }) => nano(usd));
    const billed = bills.reduce((sum, bill) => sum + bill, 0);
    const [own, all] = await askedAgain(() => limits.usage({ tenant }));
    expect([tenant, nano(own!.spentUsd)]).toEqual([tenant, billed]);
    expect(nano(all!.spentUsd)).toBe(sandbox.charges.reduce((sum, { usd }) => sum + nano(usd), 0));
    const over = bills.reduce((sum, bill) => sum + Math.max(0, bill - nano(HOLD_USD)), 0);
    expect(billed).toBeLessThanOrEqual(nano(LIMIT_USD) + over);
    const told = costs.filter(({ scope }) => scope['tenant'] === tenant);
    expect(told.reduce((sum, { usd }) => sum + nano(usd!), 0)).toBe(billed);
  }
}

/** One stream, whose client may leave it. Sent again as long as the store has not answered. */
async function streamed(
  metering: MeteringService,
  { baseUrl, apiKey }: OpenRouterSandbox,
  tenant: string,
  isLeft: boolean,
): Promise<End> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const answer = await metering.fetchFor({ tenant })(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai/gpt-5-mini',
        user: tenant,
        stream: true,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    });
    if (answer.status === 402) {
      if (!(await answer.text()).includes('application_spend_store')) return 'refused';
      // Calls that are no longer waited for still keep the store busy.
      await sleep(PAUSE_MS);
    } else if (isLeft) {
      const reader = answer.body!.getReader();
      await reader.read();
      await reader.cancel();
      return 'answered';
    } else {
      // The connection may break.
      await answer.text().catch(() => undefined);
      return 'answered';
    }
  }
  throw new Error(`The store did not answer a stream within ${PATIENCE_MS} ms.`);
}
