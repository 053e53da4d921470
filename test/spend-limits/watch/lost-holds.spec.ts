import { describe, expect, it } from '@jest/globals';
import { InMemorySpendStore } from '../../../lib/spend-limits/in-memory-spend-store.js';
import { BoundedSpendStore } from '../../../lib/spend-limits/store/bounded-spend-store.js';
import { SpendOutbox } from '../../../lib/spend-limits/store/spend-outbox.js';
import { LostHolds } from '../../../lib/spend-limits/watch/lost-holds.js';

const MINUTE = 60_000;

/** A store with one hold whose lease has ended, and the generation that OpenRouter knows by then. */
async function opened(note = '{}') {
  const state: { now: number; generation?: { totalCost: number } } = { now: 1_000_000 };
  const found: string[] = [];
  const clock = { now: () => state.now, wallNow: () => state.now, random: () => 0 };
  const inner = new InMemorySpendStore(() => state.now);
  const store = new BoundedSpendStore(inner, 'ab', () => undefined);
  const lost = new LostHolds({
    store,
    outbox: new SpendOutbox({ store, onOverflow: () => undefined, onGivenUp: () => undefined }),
    clock,
    generations: {
      get: () =>
        state.generation === undefined
          ? Promise.reject(new Error('not found'))
          : Promise.resolve(state.generation as never),
    },
    byok: 'fee',
    onFound: ({ id }) => found.push(id),
  });
  const hold = { id: 'one', nanoUsd: 5, places: [], note };
  await inner.attach('ab', hold, 'gen-1', 1_000);
  state.now += MINUTE;
  return { lost, state, found, admittedAt: 1_000_000 };
}

describe('the holds of lost processes', () => {
  it('show since when a bill is missing, until it is known', async () => {
    const { lost, state, admittedAt } = await opened();
    expect(lost.oldestAt).toBeUndefined();
    await lost.claim();
    expect(lost.oldestAt).toBe(admittedAt);
    state.generation = { totalCost: 0.1 };
    state.now += MINUTE;
    await lost.claim();
    expect(lost.oldestAt).toBeUndefined();
  });

  it('are announced under the ids of their reservations', async () => {
    const { lost, state, found } = await opened('{"reservationId":"render-1"}');
    state.generation = { totalCost: 0.1 };
    await lost.claim();
    expect(found).toEqual([expect.stringMatching(/^render-1\/./)]);
  });

  it('are no longer shown once another process must have claimed them', async () => {
    const { lost, state } = await opened();
    await lost.claim();
    state.now += 2 * MINUTE;
    expect(lost.oldestAt).toBeUndefined();
  });
});
