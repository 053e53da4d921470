import { expect, it } from '@jest/globals';
import { InMemorySpendStore } from '../../lib/index.js';
import { until } from '../support/waiting.js';
import { ACME, limited, statusOf } from './support/limited-client.js';

const MIDNIGHT = Date.UTC(2030, 0, 1);
const DEMAND = 40;
const FITTING = 10;

it('a day that ends in the middle of streams has its own bills, and the next one has its whole limit', async () => {
  let now = MIDNIGHT - 1;
  // The constructor's argument is not public.
  const Store = InMemorySpendStore as unknown as new (clock: () => number) => InMemorySpendStore;
  const rules = [{ by: 'tenant', usd: 1, period: 'day' as const }];
  const { ask, client, sandbox } = await limited({ rules, holdUsd: 0.1, store: new Store(() => now) });
  let begun = 0;
  sandbox.onCompletion(() => {
    begun += 1;
    // As much as was held, so that a stream which ends early makes no room for another one.
    return { chunks: 20, chunkDelayMs: 20, usd: 0.1 };
  });
  const askAll = (): Promise<number>[] => Array.from({ length: DEMAND }, () => statusOf(ask(ACME, true)));

  const before = askAll();
  await until(() => begun === FITTING);
  now = MIDNIGHT;
  const after = askAll();
  await until(() => begun === 2 * FITTING);
  const statuses = await Promise.all([...before, ...after]);
  expect(statuses.filter((status) => status === 200)).toHaveLength(2 * FITTING);
  expect(statuses.filter((status) => status === 402)).toHaveLength(2 * (DEMAND - FITTING));
  await client.metering.settled();
  expect(sandbox.charges).toHaveLength(2 * FITTING);
  for (const at of [MIDNIGHT, MIDNIGHT - 1]) {
    now = at;
    const [usage] = await client.spendLimits.usage(ACME);
    expect(usage).toMatchObject({ spentUsd: 1, heldUsd: 0, unsettledUsd: 0, remainingUsd: 0 });
  }
});
