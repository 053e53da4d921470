import { expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import { BalanceCache } from '../../../lib/balance/cache/balance-cache.js';
import { figuresOf } from '../../../lib/balance/reading/balance-snapshot.js';
import { SpendLedger } from '../../../lib/balance/spend/spend-ledger.js';
import { DEFAULT_BALANCE } from '../../../lib/options/option-defaults.js';

function open(now = SYSTEM_CLOCK.now) {
  const clock = { ...SYSTEM_CLOCK, now };
  const ledger = new SpendLedger('me', true);
  const cache = new BalanceCache({ options: DEFAULT_BALANCE, ledger, clock, isShared: false });
  const read = (totalUsage: number, serial: number): void => {
    const reading = { credits: { totalCredits: 10, totalUsage }, key: null, fetchedAt: Date.now() };
    const at = clock.now();
    const held = { reading, figures: figuresOf(reading), began: at, receivedAt: at, jitter: 1, serial };
    cache.apply({ type: 'read', held: { ...held, sequence: undefined }, generation: 0 });
  };
  return { cache, read };
}

it('announces a change that a listener makes after the one that it heard of, to all listeners', () => {
  const { cache, read } = open();
  const heard: (number | null | undefined)[] = [];
  cache.onChange(({ snapshot }) => {
    if (snapshot?.balance === 9) read(2, 2);
  });
  cache.onChange(({ snapshot }) => heard.push(snapshot?.balance));
  read(1, 1);
  expect(heard).toEqual([9, 8]);
});

it('announces later changes even if a listener has thrown', () => {
  const { cache, read } = open();
  const heard: (number | null | undefined)[] = [];
  cache.onChange(({ snapshot }) => {
    heard.push(snapshot?.balance);
    if (snapshot?.balance === 9) throw new Error('of the listener');
  });
  expect(() => read(1, 1)).toThrow('of the listener');
  read(2, 2);
  expect(heard).toEqual([9, 8]);
});

it('counts spend of the past until a reading that began a minute after it', () => {
  let now = 1_000_000;
  const { cache, read } = open(() => now);
  const estimated = (): number | null | undefined => cache.peek()?.estimated;
  read(1, 1);
  // The reading may be up to a minute old, and does not include it for certain.
  cache.recordSpend(1, false, 59_999);
  expect(estimated()).toBe(8);
  // The reading includes it.
  cache.recordSpend(2, false, 60_000);
  expect(estimated()).toBe(8);
  now += 30_000;
  cache.recordSpend(4, false, 30_000);
  expect(estimated()).toBe(4);
  read(1, 2);
  expect(estimated()).toBe(5);
  now += 30_000;
  read(1, 3);
  expect(estimated()).toBe(9);
});

it('counts spend of the past that was recorded while there was no reading', () => {
  let now = 1_000_000;
  const { cache, read } = open(() => now);
  cache.recordSpend(1, false, 50_000);
  cache.recordSpend(2, false, 70_000);
  read(0, 1);
  expect(cache.peek()?.estimated).toBe(9);
  now += 10_000;
  read(0, 2);
  expect(cache.peek()?.estimated).toBe(10);
});
