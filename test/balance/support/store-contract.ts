import { describe, expect, it } from '@jest/globals';
import type { BalanceStore } from '../../../lib/contracts/balance-store.js';

/** A store to be tried, and how to let time pass for it. */
export interface StoreUnderTest {
  readonly store: BalanceStore;
  readonly pass: (ms: number) => Promise<void>;
}

const HOUR = 3_600_000;

/** What every store has to keep to. Durations are a few hundred milliseconds, so that a real one can be tried. */
export function describeBalanceStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a BalanceStore`, () => {
    it('knows nothing of an account at first', async () => {
      const { store } = await open();
      await expect(store.read('a1')).resolves.toEqual({
        sequence: 0,
        reading: undefined,
        spend: [],
        alertState: undefined,
        isLed: false,
      });
    });

    it('gives back what was written, with its age, and apart by account', async () => {
      const { store, pass } = await open();
      const { sequence } = await store.begin('a1', HOUR);
      await expect(store.write('a1', sequence, '{"a":"ü\\n"}', HOUR, HOUR)).resolves.toBe(true);
      await pass(200);
      const { reading, sequence: seen } = await store.read('a1');
      expect([seen, reading?.text]).toEqual([sequence, '{"a":"ü\\n"}']);
      expect(reading?.ageMs).toBeGreaterThanOrEqual(200);
      expect(reading?.ageMs).toBeLessThan(2_000);
      await expect(store.read('b2')).resolves.toMatchObject({ sequence: 0, reading: undefined });
    });

    it('forgets a reading after its time', async () => {
      const { store, pass } = await open();
      const { sequence } = await store.begin('a1', HOUR);
      await store.write('a1', sequence, 'text', 300, HOUR);
      await expect(store.read('a1')).resolves.toMatchObject({ reading: { text: 'text' } });
      await pass(400);
      await expect(store.read('a1')).resolves.toMatchObject({ sequence, reading: undefined });
    });

    it('gives the lead to one flight, until it ends, writes, is invalidated, or takes too long', async () => {
      const { store, pass } = await open();
      const leads = async (holdMs = HOUR) => store.begin('a1', holdMs);
      const first = await leads();
      const second = await leads();
      expect([first.leads, second.leads]).toEqual([true, false]);
      expect(second.sequence).toBeGreaterThan(first.sequence);
      await expect(store.begin('b2', HOUR)).resolves.toMatchObject({ leads: true });
      // Not its own.
      await store.end('a1', second.sequence);
      expect((await leads()).leads).toBe(false);
      await store.end('a1', first.sequence);
      const third = await leads();
      expect(third.leads).toBe(true);
      await store.write('a1', third.sequence, 'text', HOUR, HOUR);
      const fourth = await leads(300);
      expect(fourth.leads).toBe(true);
      await pass(400);
      const fifth = await leads();
      expect(fifth.leads).toBe(true);
      // The one that took too long must not end a later one.
      await store.end('a1', fourth.sequence);
      expect((await leads()).leads).toBe(false);
      await store.invalidate('a1');
      expect((await leads()).leads).toBe(true);
    });

    it('lets no flight replace what came after its beginning', async () => {
      const { store } = await open();
      const early = await store.begin('a1', HOUR);
      const late = await store.begin('a1', HOUR);
      await expect(store.write('a1', late.sequence, 'late', HOUR, HOUR)).resolves.toBe(true);
      await expect(store.write('a1', early.sequence, 'early', HOUR, HOUR)).resolves.toBe(false);
      await expect(store.write('a1', late.sequence, 'again', HOUR, HOUR)).resolves.toBe(false);
      await expect(store.read('a1')).resolves.toMatchObject({ reading: { text: 'late' } });
      const before = await store.begin('a1', HOUR);
      await store.invalidate('a1');
      const { sequence, reading } = await store.read('a1');
      expect(reading).toBeUndefined();
      expect(sequence).toBeGreaterThan(before.sequence);
      await expect(store.write('a1', before.sequence, 'before', HOUR, HOUR)).resolves.toBe(false);
      const after = await store.begin('a1', HOUR);
      expect(after.sequence).toBeGreaterThan(sequence);
      await expect(store.write('a1', after.sequence, 'after', HOUR, HOUR)).resolves.toBe(true);
    });

    it('adds up spend exactly, apart by the second, and forgets what is included or too old', async () => {
      const { store, pass } = await open();
      await Promise.all(Array.from({ length: 1_000 }, () => store.addSpend('a1', 1, HOUR)));
      await store.addSpend('a1', 999_999_999_999, HOUR);
      const sumOf = async (account = 'a1') => {
        const { spend } = await store.read(account);
        return spend.reduce((sum, { microUsd }) => sum + microUsd, 0);
      };
      await expect(sumOf()).resolves.toBe(1_000_000_000_999);
      await expect(sumOf('b2')).resolves.toBe(0);
      await pass(1_500);
      await store.addSpend('a1', 5, HOUR);
      await store.addSpend('a1', 7, 300);
      const { spend } = await store.read('a1');
      const [old, young] = [
        spend.filter(({ ageMs }) => ageMs >= 400),
        spend.filter(({ ageMs }) => ageMs < 400),
      ];
      expect(old.length).toBeGreaterThanOrEqual(1);
      expect(young.reduce((sum, { microUsd }) => sum + microUsd, 0)).toBe(12);
      // An age is never too high.
      expect(Math.max(...old.map(({ ageMs }) => ageMs))).toBeLessThan(5_000);
      const { sequence } = await store.begin('a1', HOUR);
      await store.write('a1', sequence, 'text', HOUR, 0);
      await expect(sumOf()).resolves.toBe(0);
    });

    it('keeps sums by their names, and joins what is sent again by the greater', async () => {
      const { store, pass } = await open();
      if (store.namesSpend !== true) return;
      const sum = { id: 'a1b2.1', microUsd: 5, otherKeysMicroUsd: 2, ageMs: 300, spanMs: 100 };
      const told = async (account = 'a1') => (await store.read(account)).spend;
      await store.addSpend('a1', 5, HOUR, [sum, { ...sum, id: 'c3.7', microUsd: 1, otherKeysMicroUsd: 0 }]);
      await store.addSpend('a1', 0, HOUR, [sum]);
      await store.addSpend('a1', 7, HOUR, [
        { ...sum, microUsd: 12, otherKeysMicroUsd: 3, ageMs: 0, spanMs: 400 },
        { ...sum, id: 'a1b2.2', microUsd: 999_999_999_999, otherKeysMicroUsd: 0 },
      ]);
      // One that was on its way for long.
      await store.addSpend('a1', 0, HOUR, [sum]);
      const byId = Object.fromEntries((await told()).map(({ id, ...rest }) => [id, rest]));
      expect(byId).toMatchObject({
        'a1b2.1': { microUsd: 12, otherKeysMicroUsd: 3 },
        'a1b2.2': { microUsd: 999_999_999_999, otherKeysMicroUsd: 0 },
        'c3.7': { microUsd: 1, otherKeysMicroUsd: 0 },
      });
      expect(Object.keys(byId)).toHaveLength(3);
      const [grown, other] = [byId['a1b2.1']!, byId['c3.7']!];
      expect(grown.ageMs).toBeLessThan(other.ageMs);
      expect(other.ageMs).toBeGreaterThanOrEqual(300);
      expect(grown.spanMs).toBeGreaterThanOrEqual(400);
      expect(other.spanMs).toBe(100);
      await expect(told('b2')).resolves.toEqual([]);
      // An amount without a name is one more.
      await store.addSpend('a1', 4, HOUR);
      expect((await told()).map(({ microUsd }) => microUsd).sort((a, b) => a - b)).toEqual([
        1, 4, 12, 999_999_999_999,
      ]);
      // What is included in a reading is forgotten, and what has had its time.
      await pass(300);
      await store.addSpend('a1', 3, 300, [{ ...sum, id: 'a1b2.3', microUsd: 3, ageMs: 0, spanMs: 0 }]);
      const { sequence } = await store.begin('a1', HOUR);
      await store.write('a1', sequence, 'text', HOUR, 200);
      expect((await told()).map(({ id }) => id)).toEqual(['a1b2.3']);
      await pass(400);
      await expect(told()).resolves.toEqual([]);
    });

    it('changes the alert state for one of those who have seen the same', async () => {
      const { store, pass } = await open();
      const claims = await Promise.all(
        Array.from({ length: 10 }, () => store.claimAlert('a1', undefined, 'low', HOUR)),
      );
      expect(claims.filter(Boolean)).toHaveLength(1);
      await expect(store.read('a1')).resolves.toMatchObject({ alertState: 'low' });
      await expect(store.claimAlert('a1', undefined, 'critical', HOUR)).resolves.toBe(false);
      await expect(store.claimAlert('a1', 'ok', 'critical', HOUR)).resolves.toBe(false);
      await expect(store.claimAlert('a1', 'low', 'critical', 300)).resolves.toBe(true);
      await store.invalidate('a1');
      await expect(store.read('a1')).resolves.toMatchObject({ alertState: 'critical' });
      await pass(400);
      await expect(store.read('a1')).resolves.toMatchObject({ alertState: undefined });
      await expect(store.claimAlert('a1', undefined, 'low', HOUR)).resolves.toBe(true);
    });
  });
}
