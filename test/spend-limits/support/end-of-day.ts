import { expect } from '@jest/globals';
import type { SpendStore } from '../../../lib/index.js';
import { until } from '../../support/waiting.js';
import { askedAgain, sentAgain } from './asked-again.js';
import { ACME, limited } from './limited-client.js';
import { shiftedStore } from './shifted-store.js';

const MIDNIGHT = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const DEMAND = 40;
const FITTING = 10;

/** Lets a day end in the middle of streams: it has its own bills, and the next one has its whole limit. */
export async function expectTwoDays(inner: SpendStore): Promise<void> {
  let aheadMs = MIDNIGHT - HOUR - Date.now();
  const store = shiftedStore(inner, () => aheadMs);
  const rules = [{ by: 'tenant', usd: 1, period: 'day' as const }];
  const { ask, client, sandbox } = await limited({ rules, holdUsd: 0.1, store });
  let begun = 0;
  sandbox.onCompletion(() => {
    begun += 1;
    // As much as was held, so that a stream which ends early makes no room for another one.
    return { chunks: 20, chunkDelayMs: 20, usd: 0.1 };
  });
  const statusOf = async (expected: number): Promise<number> => {
    const answer = await sentAgain(
      () => ask(ACME, true),
      () => begun >= expected,
    );
    return answer.status;
  };
  const askAll = (expected: number): Promise<number>[] =>
    Array.from({ length: DEMAND }, () => statusOf(expected));

  const before = askAll(FITTING);
  await until(() => begun === FITTING, 30_000);
  aheadMs += HOUR;
  const after = askAll(2 * FITTING);
  await until(() => begun === 2 * FITTING, 30_000);
  const statuses = await Promise.all([...before, ...after]);
  expect(statuses.filter((status) => status === 200)).toHaveLength(2 * FITTING);
  expect(statuses.filter((status) => status === 402)).toHaveLength(2 * (DEMAND - FITTING));
  await client.metering.settled();
  expect(sandbox.charges).toHaveLength(2 * FITTING);
  for (const laterMs of [0, -HOUR]) {
    aheadMs += laterMs;
    const [usage] = await askedAgain(() => client.spendLimits.usage(ACME));
    expect(usage).toMatchObject({ spentUsd: 1, heldUsd: 0, unsettledUsd: 0, remainingUsd: 0 });
  }
}
