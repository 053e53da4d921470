import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { SpendHold } from '../../lib/contracts/spend-store.js';
import { InMemorySpendStore } from '../../lib/spend-limits/in-memory-spend-store.js';
import { HoldBook } from '../../lib/spend-limits/memory/hold-book.js';
import { WindowBook } from '../../lib/spend-limits/memory/window-book.js';
import { spendStoreContract } from '../../lib/testing/index.js';
import { describeStore } from '../support/store-contract.js';
import { admitHalf, raceWithinLimits } from './support/concurrent-commands.js';
import { openMemoryStore } from './support/memory-store.js';
import { compareWithModel } from './support/model-commands.js';

describeStore('InMemorySpendStore', spendStoreContract, () => Promise.resolve(openMemoryStore()));

describe('InMemorySpendStore', () => {
  it('does what the model does', () => compareWithModel(() => Promise.resolve(openMemoryStore())));

  it('admits exactly half of those that are twice too many, round after round', () =>
    admitHalf(openMemoryStore().store, 200));

  it('stays within the limits, and loses no bill, where everything happens at once', () =>
    raceWithinLimits([openMemoryStore().store], 2_000, Math.random));

  it('does not show what it holds', async () => {
    const store = new InMemorySpendStore();
    await store.learn('a1', 'the model', 1);
    expect(inspect(store, { depth: Infinity, showHidden: true })).not.toContain('the model');
  });

  it('keeps a hold that is open, however long that takes', () => {
    const DAY = 86_400_000;
    const windows = new WindowBook();
    const holds = new HoldBook(windows);
    const place = { root: 'c0ffee', key: 'a1', spanId: 'total', slot: 0, keepUntil: null };
    const reserve = (id: string, now: number) => {
      const hold: SpendHold = { id, nanoUsd: 1, places: [place], note: '' };
      holds.apply(id, hold, { type: 'reserve', nanoUsd: 1, leaseMs: 1, limits: [null] }, now);
      return hold;
    };
    const open = reserve('open', 0);
    for (let number = 0; number < 100; number += 1) {
      const id = String(number);
      holds.apply(id, reserve(id, 30 * DAY), { type: 'release' }, 30 * DAY);
    }
    const [claim] = holds.claim(1, DAY, 31 * DAY);
    expect(claim).toMatchObject({ hold: { id: 'open' }, admittedAt: 0 });
    holds.apply('open', open, { type: 'commit', nanoUsd: 5 }, 31 * DAY);
    expect(windows.stateOf(place).settled).toBe(5);
  });

  it('keeps the spans that still count, and the holds of a day', () => {
    const DAY = 86_400_000;
    const windows = new WindowBook();
    const holds = new HoldBook(windows);
    const perDay = 500;
    for (let number = 0; number < 20 * perDay; number += 1) {
      const day = Math.floor(number / perDay);
      const now = (number * DAY) / perDay;
      const place = {
        root: 'c0ffee',
        key: String(number % 100),
        spanId: `day@UTC:${day}`,
        slot: 0,
        keepUntil: (day + 2) * DAY,
      };
      const hold: SpendHold = { id: String(number), nanoUsd: 1, places: [place], note: '' };
      holds.apply(hold.id, hold, { type: 'reserve', nanoUsd: 1, leaseMs: 1, limits: [null] }, now);
      holds.apply(hold.id, hold, { type: 'commit', nanoUsd: 1 }, now);
    }
    expect(holds.size).toBeLessThan(2 * perDay);
    expect(windows.size).toBeLessThan(500);
  });
});
