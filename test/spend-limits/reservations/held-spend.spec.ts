import { expect, it } from '@jest/globals';
import type { SpendHold, SpendStore } from '../../../lib/index.js';
import { HeldSpend } from '../../../lib/spend-limits/reservations/held-spend.js';
import { BoundedSpendStore } from '../../../lib/spend-limits/store/bounded-spend-store.js';
import { SpendOutbox } from '../../../lib/spend-limits/store/spend-outbox.js';

const HOLD: SpendHold = { id: 'h', nanoUsd: 5, places: [], note: '' };

it('tells the generation again, soon, where the store did not take it', async () => {
  const extended: (string | undefined)[] = [];
  let hear = (): void => undefined;
  const heard = new Promise<void>((resolve) => (hear = resolve));
  const inner: Partial<SpendStore> = {
    attach: () => Promise.reject(new Error('away')),
    extend: (_account, { generationId }) => {
      extended.push(generationId);
      if (extended.length === 1) {
        return Promise.reject(new Error('away'));
      }
      hear();
      return Promise.resolve(1);
    },
    commit: () => Promise.resolve(),
  };
  const store = new BoundedSpendStore(inner as SpendStore, '00', () => undefined);
  const held = new HeldSpend(HOLD, 0, {
    store,
    outbox: new SpendOutbox({ store, onOverflow: () => undefined, onGivenUp: () => undefined }),
    leaseMs: 3_600_000,
    inOwnContext: (call) => call(),
    onOver: () => undefined,
  });
  await held.attach('gen-1');
  expect(extended).toEqual([]);
  await heard;
  expect(extended).toEqual(['gen-1', 'gen-1']);
  await held.commit(1);
});
