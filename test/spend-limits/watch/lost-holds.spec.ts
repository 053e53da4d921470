import { expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import type { CompletionCost } from '../../../lib/contracts/completion-cost.js';
import type { SpendStore } from '../../../lib/contracts/spend-store.js';
import type { Generation } from '../../../lib/generations/generation.models.js';
import { BoundedSpendStore } from '../../../lib/spend-limits/store/bounded-spend-store.js';
import { SpendOutbox } from '../../../lib/spend-limits/store/spend-outbox.js';
import { LostHolds } from '../../../lib/spend-limits/watch/lost-holds.js';
import { sleep } from '../../support/waiting.js';
import { openMemoryStore } from '../support/memory-store.js';

const ACCOUNT = 'ab'.repeat(32);
const SUBJECTS = [
  {
    root: 'c0ffee',
    key: 'a1',
    windows: [{ spans: [{ id: 'total', from: 0, to: null, keepUntil: null }], slots: 1, limitNanoUsd: 1e9 }],
  },
];

/** Looks for the bill of a hold of a dead process, with this generation, in a store that takes its time. */
async function findBill(
  generation: Partial<Generation>,
  { byok = 'fee', delayMs = 0 }: { byok?: 'fee' | 'total'; delayMs?: number } = {},
): Promise<{ readonly costs: readonly CompletionCost[]; readonly settledNanoUsd: number }> {
  const { store, pass } = openMemoryStore();
  const admitted = await store.reserve(ACCOUNT, {
    id: 'hold',
    nanoUsd: 5e8,
    leaseMs: 1_000,
    subjects: SUBJECTS,
    note: '',
  });
  if (admitted.status !== 'admitted') throw new Error(admitted.status);
  await store.attach(ACCOUNT, admitted.hold, 'gen-1', 1_000);
  await pass(2_000);
  const slow: SpendStore = Object.create(store, {
    claim: {
      value: async (...args: Parameters<SpendStore['claim']>) => {
        const claims = await store.claim(...args);
        await sleep(delayMs);
        return claims;
      },
    },
  }) as SpendStore;
  const bounded = new BoundedSpendStore(slow, ACCOUNT, () => undefined);
  const costs: CompletionCost[] = [];
  const lost = new LostHolds({
    store: bounded,
    outbox: new SpendOutbox(bounded, () => undefined),
    generations: { get: () => Promise.resolve({ id: 'gen-1', ...generation } as Generation) },
    clock: SYSTEM_CLOCK,
    byok,
    onFound: (cost) => costs.push(cost),
  });
  await lost.claim();
  lost.close();
  const report = await store.usage(ACCOUNT, SUBJECTS);
  if (report.status !== 'done') throw new Error(report.status);
  return { costs, settledNanoUsd: report.figures[0]![0]!.settledNanoUsd };
}

it('settles what it has claimed, also where the store answers late: nobody else looks after it for a minute', async () => {
  const { costs, settledNanoUsd } = await findBill({ totalCost: 0.2 }, { delayMs: 300 });
  expect(costs).toMatchObject([{ id: 'hold', usd: 0.2, source: 'generation' }]);
  expect(settledNanoUsd).toBe(2e8);
});

it.each([
  ['adds what the provider has billed', { upstreamInferenceCost: 0.1 }, { usd: 0.3, source: 'generation' }],
  ['books what was held where it does not know that', {}, { usd: 0.5, source: 'hold' }],
])('%s for a key of its own', async (_, generation, cost) => {
  const { costs, settledNanoUsd } = await findBill(
    { totalCost: 0.2, isByok: true, ...generation },
    { byok: 'total' },
  );
  expect(costs).toMatchObject([cost]);
  expect(settledNanoUsd).toBe(cost.usd * 1e9);
});
