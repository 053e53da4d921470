import assert from 'node:assert/strict';
import type { BalanceStore } from '../../contracts/balance-store.js';
import { contractOf } from './store-contract.js';

const HOUR = 3_600_000;

/**
 * What every store of `balance.store` must do, for a test of your own store with any test runner.
 *
 * @example
 * ```ts
 * for (const { name, run } of balanceStoreContract) {
 *   test(name, () => run(async () => ({ store: await openMyStore(), pass: (ms) => setTimeout(ms) })));
 * }
 * ```
 */
export const balanceStoreContract = contractOf<BalanceStore>({
  'knows nothing of an account at first': async ({ store }) => {
    assert.deepEqual(withoutAbsent(await store.read('a1')), { sequence: 0, spend: [], isLed: false });
  },

  'gives back what was written, with its age, and apart by account': async ({ store, pass }) => {
    const { sequence } = await store.begin('a1', HOUR);
    assert.equal(await store.write('a1', sequence, '{"a":"ü\\n"}', HOUR, HOUR), true);
    await pass(200);
    const { reading, sequence: seen } = await store.read('a1');
    assert.deepEqual([seen, reading?.text], [sequence, '{"a":"ü\\n"}']);
    assertWithin(reading?.ageMs, 200, 2_000);
    const other = await store.read('b2');
    assert.deepEqual([other.sequence, other.reading], [0, undefined]);
  },

  'forgets a reading after its time': async ({ store, pass }) => {
    const { sequence } = await store.begin('a1', HOUR);
    await store.write('a1', sequence, 'text', 300, HOUR);
    assert.equal((await store.read('a1')).reading?.text, 'text');
    await pass(400);
    const { sequence: seen, reading } = await store.read('a1');
    assert.deepEqual([seen, reading], [sequence, undefined]);
  },

  'gives the lead to one flight, until it ends, writes, is invalidated, or takes too long': async ({
    store,
    pass,
  }) => {
    const begin = (holdMs = HOUR) => store.begin('a1', holdMs);
    const first = await begin();
    const second = await begin();
    assert.deepEqual([first.leads, second.leads], [true, false]);
    assert.ok(second.sequence > first.sequence);
    assert.equal((await store.begin('b2', HOUR)).leads, true);
    // Not its own.
    await store.end('a1', second.sequence);
    assert.equal((await begin()).leads, false);
    await store.end('a1', first.sequence);
    const third = await begin();
    assert.equal(third.leads, true);
    await store.write('a1', third.sequence, 'text', HOUR, HOUR);
    const fourth = await begin(300);
    assert.equal(fourth.leads, true);
    await pass(400);
    assert.equal((await begin()).leads, true);
    // The flight that took too long must not end a later one.
    await store.end('a1', fourth.sequence);
    assert.equal((await begin()).leads, false);
    await store.invalidate('a1');
    assert.equal((await begin()).leads, true);
  },

  'lets no flight replace what came after its beginning': async ({ store }) => {
    const early = await store.begin('a1', HOUR);
    const late = await store.begin('a1', HOUR);
    assert.equal(await store.write('a1', late.sequence, 'late', HOUR, HOUR), true);
    assert.equal(await store.write('a1', early.sequence, 'early', HOUR, HOUR), false);
    assert.equal(await store.write('a1', late.sequence, 'again', HOUR, HOUR), false);
    assert.equal((await store.read('a1')).reading?.text, 'late');
    const before = await store.begin('a1', HOUR);
    await store.invalidate('a1');
    const { sequence, reading } = await store.read('a1');
    assert.equal(reading, undefined);
    assert.ok(sequence > before.sequence);
    assert.equal(await store.write('a1', before.sequence, 'before', HOUR, HOUR), false);
    const after = await store.begin('a1', HOUR);
    assert.ok(after.sequence > sequence);
    assert.equal(await store.write('a1', after.sequence, 'after', HOUR, HOUR), true);
  },

  'adds up spend exactly, apart by the second, and forgets what is included or too old': async ({
    store,
    pass,
  }) => {
    await Promise.all(Array.from({ length: 1_000 }, () => store.addSpend('a1', 1, HOUR)));
    await store.addSpend('a1', 999_999_999_999, HOUR);
    const sumFor = async (account = 'a1') => sumOf((await store.read(account)).spend);
    assert.equal(await sumFor(), 1_000_000_000_999);
    assert.equal(await sumFor('b2'), 0);
    await pass(1_500);
    await store.addSpend('a1', 5, HOUR);
    await store.addSpend('a1', 7, 300);
    const { spend } = await store.read('a1');
    const old = spend.filter(({ ageMs }) => ageMs >= 400);
    assert.ok(old.length >= 1);
    assert.equal(sumOf(spend.filter(({ ageMs }) => ageMs < 400)), 12);
    // An age is never too high.
    assertWithin(Math.max(...old.map(({ ageMs }) => ageMs)), 400, 5_000);
    const { sequence } = await store.begin('a1', HOUR);
    await store.write('a1', sequence, 'text', HOUR, 0);
    assert.equal(await sumFor(), 0);
  },

  'keeps sums by their names, if it says so, and joins what is sent again by the greater': async ({
    store,
    pass,
  }) => {
    if (store.namesSpend !== true) return;
    const sum = { id: 'a1b2.1', microUsd: 5, otherKeysMicroUsd: 2, ageMs: 300, spanMs: 100 };
    const kept = async (account = 'a1') => (await store.read(account)).spend;
    await store.addSpend('a1', 5, HOUR, [sum, { ...sum, id: 'c3.7', microUsd: 1, otherKeysMicroUsd: 0 }]);
    await store.addSpend('a1', 0, HOUR, [sum]);
    await store.addSpend('a1', 7, HOUR, [
      { ...sum, microUsd: 12, otherKeysMicroUsd: 3, ageMs: 0, spanMs: 400 },
      { ...sum, id: 'a1b2.2', microUsd: 999_999_999_999, otherKeysMicroUsd: 0 },
    ]);
    // One that was on its way for long.
    await store.addSpend('a1', 0, HOUR, [sum]);
    const byId = new Map((await kept()).map((one) => [one.id, one]));
    const amountsOf = (id: string) => [byId.get(id)?.microUsd, byId.get(id)?.otherKeysMicroUsd ?? 0];
    assert.deepEqual(amountsOf('a1b2.1'), [12, 3]);
    assert.deepEqual(amountsOf('a1b2.2'), [999_999_999_999, 0]);
    assert.deepEqual(amountsOf('c3.7'), [1, 0]);
    assert.equal(byId.size, 3);
    const [grown, other] = [byId.get('a1b2.1'), byId.get('c3.7')];
    assert.ok(Number(grown?.ageMs) < Number(other?.ageMs));
    assert.ok(Number(other?.ageMs) >= 300);
    assert.ok(Number(grown?.spanMs) >= 400);
    assert.equal(other?.spanMs, 100);
    assert.deepEqual(await kept('b2'), []);
    // An amount without a name is one more.
    await store.addSpend('a1', 4, HOUR);
    assert.deepEqual(
      (await kept()).map(({ microUsd }) => microUsd).sort((a, b) => a - b),
      [1, 4, 12, 999_999_999_999],
    );
    // What is included in a reading is forgotten, and what has had its time.
    await pass(300);
    await store.addSpend('a1', 3, 300, [{ ...sum, id: 'a1b2.3', microUsd: 3, ageMs: 0, spanMs: 0 }]);
    const { sequence } = await store.begin('a1', HOUR);
    await store.write('a1', sequence, 'text', HOUR, 200);
    assert.deepEqual(
      (await kept()).map(({ id }) => id),
      ['a1b2.3'],
    );
    await pass(400);
    assert.deepEqual(await kept(), []);
  },

  'changes the alert state for one of those who have seen the same': async ({ store, pass }) => {
    const claims = await Promise.all(
      Array.from({ length: 10 }, () => store.claimAlert('a1', undefined, 'low', HOUR)),
    );
    const stateOf = async () => (await store.read('a1')).alertState;
    assert.equal(claims.filter(Boolean).length, 1);
    assert.equal(await stateOf(), 'low');
    assert.equal(await store.claimAlert('a1', undefined, 'critical', HOUR), false);
    assert.equal(await store.claimAlert('a1', 'ok', 'critical', HOUR), false);
    assert.equal(await store.claimAlert('a1', 'low', 'critical', 300), true);
    await store.invalidate('a1');
    assert.equal(await stateOf(), 'critical');
    await pass(400);
    assert.equal(await stateOf(), undefined);
    assert.equal(await store.claimAlert('a1', undefined, 'low', HOUR), true);
  },
});

/** Leaves out the members that are `undefined`, which a store may also omit, and `isLed`, where it does. */
function withoutAbsent(found: object): object {
  const present = Object.entries(found).filter(([, value]) => value !== undefined);
  return { isLed: false, ...Object.fromEntries(present) };
}

function sumOf(spend: readonly { readonly microUsd: number }[]): number {
  return spend.reduce((sum, { microUsd }) => sum + microUsd, 0);
}

function assertWithin(value: number | undefined, least: number, below: number): void {
  assert.ok(
    value !== undefined && value >= least && value < below,
    `${value} is not in [${least}, ${below})`,
  );
}
