import assert from 'node:assert/strict';
import type { SpendStore } from '../../contracts/spend-store.js';
import { ACCOUNT, hold, HOUR, requestOf, subjectOf, usageOf } from './spend-subjects.js';
import { contractOf } from './store-contract.js';

/** What becomes of holds whose process no longer says anything. */
export const spendLeasesContract = contractOf<SpendStore>({
  'counts a hold as unsettled once its lease has ended, and as held again once it is extended': async ({
    store,
    pass,
  }) => {
    const subject = subjectOf('aa', 100);
    const held = await hold(store, requestOf(60, [subject], { leaseMs: 100 }));
    // An adjustment of the same id is something else.
    await store.adjust(ACCOUNT, { id: held.id, nanoUsd: 0, subjects: [subject] });
    assert.ok((await store.extend(ACCOUNT, held, HOUR)) !== undefined);
    await pass(200);
    assert.deepEqual(await usageOf(store, subject), [0, 60, 0]);
    // A lease may become shorter as well.
    await store.extend(ACCOUNT, held, 50);
    await pass(150);
    assert.deepEqual(await usageOf(store, subject), [0, 0, 60]);
    assert.equal((await store.reserve(ACCOUNT, requestOf(41, [subject]))).status, 'refused');
    await store.extend(ACCOUNT, held, HOUR);
    assert.deepEqual(await usageOf(store, subject), [0, 60, 0]);
    assert.deepEqual(await store.claim(ACCOUNT, 10, HOUR), []);
    await store.commit(ACCOUNT, held, 50);
    assert.deepEqual(await usageOf(store, subject), [50, 0, 0]);
  },

  'settles an unsettled hold, releases it, and gives it up': async ({ store, pass }) => {
    const [billed, released, given] = [subjectOf('aa', 100), subjectOf('bb', 100), subjectOf('cc', 100)];
    const holds = await Promise.all(
      [billed, released, given].map((one) => hold(store, requestOf(60, [one], { leaseMs: 100 }))),
    );
    const [first, second, third] = holds as [(typeof holds)[0], (typeof holds)[0], (typeof holds)[0]];
    await pass(200);
    for (const one of [billed, released, given]) assert.deepEqual(await usageOf(store, one), [0, 0, 60]);
    await store.commit(ACCOUNT, first, 70);
    await store.release(ACCOUNT, second);
    await store.giveUp(ACCOUNT, third);
    assert.deepEqual(await usageOf(store, billed), [70, 0, 0]);
    assert.deepEqual(await usageOf(store, released), [0, 0, 0]);
    assert.deepEqual(await usageOf(store, given), [60, 0, 0]);
    assert.deepEqual(await store.claim(ACCOUNT, 10, 60_000), []);
  },

  'replaces what was given up by its bill, once': async ({ store }) => {
    const subject = subjectOf('aa', 100);
    const holds = await Promise.all([60, 30].map((nanoUsd) => hold(store, requestOf(nanoUsd, [subject]))));
    const [first, second] = holds as [(typeof holds)[0], (typeof holds)[0]];
    await store.attach(ACCOUNT, first, 'gen-1', 60_000);
    await store.giveUp(ACCOUNT, first);
    await store.giveUp(ACCOUNT, first);
    await store.release(ACCOUNT, first);
    assert.deepEqual(await usageOf(store, subject), [60, 30, 0]);
    await store.commit(ACCOUNT, first, 25);
    await store.commit(ACCOUNT, first, 99);
    assert.deepEqual(await usageOf(store, subject), [25, 30, 0]);
    await store.giveUp(ACCOUNT, second);
    await store.commit(ACCOUNT, second, 80);
    assert.deepEqual(await usageOf(store, subject), [105, 0, 0]);
  },

  'gives each unsettled hold to one caller, with what it needs': async ({ store, pass }) => {
    const subjects = [subjectOf('aa', 100), subjectOf('bb', 1_000, 'e0')];
    const held = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        hold(store, requestOf(10, subjects, { leaseMs: 100, note: `note ${index}` })),
      ),
    );
    const [attached] = held;
    assert.ok(attached !== undefined);
    await store.attach(ACCOUNT, attached, 'gen-1', 100);
    await pass(200);
    const claimed = (
      await Promise.all(Array.from({ length: 4 }, () => store.claim(ACCOUNT, 10, HOUR)))
    ).flat();
    const byNote = (one: { hold: { note: string } }, other: { hold: { note: string } }) =>
      one.hold.note < other.hold.note ? -1 : 1;
    assert.deepEqual(
      claimed
        .toSorted(byNote)
        .map(({ hold: { generationId, ...rest }, claims }) => [rest, generationId, claims]),
      held.map(({ generationId: _, ...rest }, index) => [rest, index === 0 ? 'gen-1' : undefined, 1]),
    );
    assert.ok(claimed.every(({ admittedAt }) => Number.isSafeInteger(admittedAt)));
    assert.deepEqual(await store.claim(ACCOUNT, 10, HOUR), []);
    for (const { hold: one } of claimed.slice(0, 4)) await store.commit(ACCOUNT, one, 1);
    for (const subject of subjects) assert.deepEqual(await usageOf(store, subject), [4, 0, 20]);
  },

  'gives an unsettled hold to another caller later, as many as are asked for': async ({ store, pass }) => {
    const subjects = [subjectOf('aa', 100), subjectOf('bb', 1_000, 'e0')];
    const requests = Array.from({ length: 3 }, () => requestOf(10, subjects, { leaseMs: 50 }));
    await Promise.all(requests.map((request) => hold(store, request)));
    await pass(150);
    await store.claim(ACCOUNT, 10, 50);
    await pass(150);
    const first = await store.claim(ACCOUNT, 1, HOUR);
    assert.equal(first.length, 1);
    const again = [...first, ...(await store.claim(ACCOUNT, 10, HOUR))];
    assert.deepEqual(
      again.map(({ hold: { id }, claims }) => [id, claims]).sort(),
      requests.map(({ id }) => [id, 2]).sort(),
    );
  },
});
