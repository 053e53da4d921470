import { expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { InMemorySpendStore } from '../../../lib/index.js';
import { LearnedHolds } from '../../../lib/spend-limits/reservations/learned-holds.js';
import { BoundedSpendStore } from '../../../lib/spend-limits/store/bounded-spend-store.js';

it('what was learned is asked for every 5 seconds until there is something, and then every minute', async () => {
  let now = 0;
  let asked = 0;
  const store = new InMemorySpendStore();
  const learned = store.learned.bind(store);
  store.learned = (account, name) => {
    asked += 1;
    return learned(account, name);
  };
  const bounded = new BoundedSpendStore(store, 'ab', () => undefined);
  const holds = new LearnedHolds(bounded, { now: () => now, wallNow: () => now, random: () => 0 });
  const at = async (ms: number): Promise<number | undefined> => {
    now = ms;
    holds.of('a/b');
    await nextTurn();
    return holds.of('a/b');
  };
  expect(await at(0)).toBeUndefined();
  for (let bill = 0; bill < 30; bill += 1) await holds.learn('a/b', 200_000_000);
  expect(await at(4_999)).toBeUndefined();
  expect(asked).toBe(1);
  expect(await at(5_000)).toBe(200_000_000);
  expect(await at(64_999)).toBe(200_000_000);
  expect(asked).toBe(2);
  await at(65_000);
  expect(asked).toBe(3);
});
