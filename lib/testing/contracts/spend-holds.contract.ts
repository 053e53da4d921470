import assert from 'node:assert/strict';
import type { SpendStore, SpendSubject } from '../../contracts/spend-store.js';
import {
  ACCOUNT,
  admitted,
  allTime,
  amountsOf,
  hold,
  HOUR,
  MOST,
  reported,
  requestOf,
  subjectOf,
  usageOf,
} from './spend-subjects.js';
import { contractOf } from './store-contract.js';

/** The subject with a second window of all time, which is another span. */
function withAnother(subject: SpendSubject): SpendSubject {
  const spans = [{ id: 'another', from: 0, to: null, keepUntil: null }];
  return { ...subject, windows: [...subject.windows, { ...allTime(null), spans }] };
}

/** What reservations and bills do to the figures. */
export const spendHoldsContract = contractOf<SpendStore>({
  'admits what fits, to the last nano-dollar, and refuses what does not with the figures': async ({
    store,
  }) => {
    const subject = subjectOf('aa', 100);
    const first = admitted(await store.reserve(ACCOUNT, requestOf(60, [subject], { leaseMs: 5_000 })));
    assert.deepEqual(amountsOf(first), [0, 60, 0]);
    assert.equal(first.expiresAt, first.now + 5_000);
    assert.equal(first.hold.nanoUsd, 60);
    const tooMuch = await store.reserve(ACCOUNT, requestOf(41, [subject]));
    assert.deepEqual(tooMuch.status === 'refused' && [tooMuch.subject, tooMuch.window, amountsOf(tooMuch)], [
      0,
      0,
      [0, 60, 0],
    ]);
    assert.deepEqual(
      amountsOf(admitted(await store.reserve(ACCOUNT, requestOf(40, [subject])))),
      [0, 100, 0],
    );
    assert.equal((await store.reserve(ACCOUNT, requestOf(1, [subject]))).status, 'refused');
    assert.equal((await store.reserve(ACCOUNT, requestOf(0, [subject]))).status, 'admitted');
  },

  'refuses everything at a limit of 0, and nothing without a limit': async ({ store }) => {
    assert.equal((await store.reserve(ACCOUNT, requestOf(1, [subjectOf('aa', 0)]))).status, 'refused');
    await hold(store, requestOf(MOST, [subjectOf('bb', null)]));
  },

  'admits exactly 50 of 100 at once': async ({ store }) => {
    const subject = subjectOf('aa', 5_000_000_000);
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => store.reserve(ACCOUNT, requestOf(100_000_000, [subject]))),
    );
    assert.equal(answers.filter(({ status }) => status === 'admitted').length, 50);
    assert.deepEqual(await usageOf(store, subject), [0, 5_000_000_000, 0]);
  },

  'holds for all subjects or for none, and names the first that refuses': async ({ store }) => {
    const [user, tenant, all] = [subjectOf('aa', 10), subjectOf('bb', 15), subjectOf('cc', 100, 'e0')];
    await hold(store, requestOf(10, [user, tenant, all]));
    const other = subjectOf('dd', 10);
    const refused = await store.reserve(ACCOUNT, requestOf(6, [other, tenant, all]));
    assert.deepEqual(refused.status === 'refused' && [refused.subject, refused.window], [1, 0]);
    assert.deepEqual(await Promise.all([user, tenant, all, other].map((one) => usageOf(store, one))), [
      [0, 10, 0],
      [0, 10, 0],
      [0, 10, 0],
      [0, 0, 0],
    ]);
    const narrow = subjectOf('cc', 15, 'e0');
    const byLast = await store.reserve(
      ACCOUNT,
      requestOf(5, [other, tenant, { ...narrow, windows: [...all.windows, ...subjectOf('cc', 12).windows] }]),
    );
    assert.deepEqual(byLast.status === 'refused' && [byLast.subject, byLast.window], [2, 1]);
    assert.deepEqual(await usageOf(store, tenant), [0, 10, 0]);
    assert.deepEqual(await usageOf(store, other), [0, 0, 0]);
  },

  'settles a hold by its bill, smaller or greater, for all its subjects, once': async ({ store }) => {
    const [user, all] = [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')];
    const small = await hold(store, requestOf(50, [user, all]));
    const great = await hold(store, requestOf(50, [user, all]));
    await store.commit(ACCOUNT, small, 20);
    assert.deepEqual(await usageOf(store, user), [20, 50, 0]);
    await store.commit(ACCOUNT, great, 500);
    await Promise.all([
      store.commit(ACCOUNT, great, 7),
      store.commit(ACCOUNT, small, 7),
      store.release(ACCOUNT, small),
      store.giveUp(ACCOUNT, small),
      store.extend(ACCOUNT, great, 1_000),
    ]);
    assert.deepEqual(await usageOf(store, user), [520, 0, 0]);
    assert.deepEqual(await usageOf(store, all), [520, 0, 0]);
    assert.equal((await store.reserve(ACCOUNT, requestOf(0, [user]))).status, 'refused');
  },

  'gives back what is released, once, and books no bill for it': async ({ store }) => {
    const subject = subjectOf('aa', 100);
    const held = await hold(store, requestOf(50, [subject]));
    await store.release(ACCOUNT, held);
    await store.release(ACCOUNT, held);
    assert.deepEqual(await usageOf(store, subject), [0, 0, 0]);
    await store.commit(ACCOUNT, held, 5);
    assert.deepEqual(await usageOf(store, subject), [0, 0, 0]);
    assert.equal(await store.extend(ACCOUNT, held, 1_000), undefined);
  },

  'gives back nothing that has a generation': async ({ store }) => {
    const subject = subjectOf('aa', 100);
    const held = await hold(store, requestOf(50, [subject]));
    await store.attach(ACCOUNT, held, 'gen-1', 60_000);
    await store.release(ACCOUNT, held);
    assert.deepEqual(await usageOf(store, subject), [0, 50, 0]);
    await store.commit(ACCOUNT, held, 5);
    assert.deepEqual(await usageOf(store, subject), [5, 0, 0]);
  },

  'answers a repeated reservation with the hold that is there, and with `ended` once it is over': async ({
    store,
  }) => {
    const subject = subjectOf('aa', 100);
    const request = requestOf(60, [subject], { note: 'once' });
    const first = admitted(await store.reserve(ACCOUNT, request));
    const again = admitted(await store.reserve(ACCOUNT, request));
    assert.deepEqual([again.hold, again.expiresAt], [first.hold, first.expiresAt]);
    assert.deepEqual(await usageOf(store, subject), [0, 60, 0]);
    await store.commit(ACCOUNT, first.hold, 1);
    assert.equal((await store.reserve(ACCOUNT, request)).status, 'ended');
    assert.deepEqual(await usageOf(store, subject), [1, 0, 0]);
  },

  'takes back a reservation whose answer did not come, whether or not it has arrived': async ({ store }) => {
    const subjects = [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')];
    const [first, second] = [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')];
    const arrived = requestOf(60, subjects);
    const { hold: held } = admitted(await store.reserve(ACCOUNT, arrived));
    await store.cancel(ACCOUNT, arrived);
    assert.deepEqual(await usageOf(store, first), [0, 0, 0]);
    assert.deepEqual(await usageOf(store, second), [0, 0, 0]);
    assert.equal((await store.reserve(ACCOUNT, arrived)).status, 'ended');

    const late = requestOf(60, subjects);
    await store.cancel(ACCOUNT, late);
    await store.cancel(ACCOUNT, late);
    assert.equal((await store.reserve(ACCOUNT, late)).status, 'ended');
    assert.deepEqual(await usageOf(store, first), [0, 0, 0]);
    // Whoever has gone on without the store still books the bill.
    await store.commit(ACCOUNT, { ...held, id: late.id }, 30);
    await store.commit(ACCOUNT, { ...held, id: late.id }, 30);
    assert.deepEqual(await usageOf(store, first), [30, 0, 0]);
    assert.deepEqual(await usageOf(store, second), [30, 0, 0]);
  },

  'holds nothing in the end if a reservation is taken back at the moment at which it arrives': async ({
    store,
  }) => {
    const subjects = [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')];
    const requests = Array.from({ length: 20 }, () => requestOf(1, subjects));
    await Promise.all(
      requests.flatMap((request, index) => {
        const calls = [() => store.reserve(ACCOUNT, request), () => store.cancel(ACCOUNT, request)];
        return (index % 2 === 0 ? calls : calls.toReversed()).map((call) => call());
      }),
    );
    assert.deepEqual(await Promise.all(subjects.map((one) => usageOf(store, one))), [
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const again = await Promise.all(requests.map((request) => store.reserve(ACCOUNT, request)));
    assert.deepEqual([...new Set(again.map(({ status }) => status))], ['ended']);
  },

  'lets an id be used again that was refused': async ({ store }) => {
    const [narrow, full] = [subjectOf('aa', 100), subjectOf('bb', 9, 'e0')];
    const request = requestOf(10, [narrow, full]);
    assert.equal((await store.reserve(ACCOUNT, request)).status, 'refused');
    assert.equal((await store.reserve(ACCOUNT, request)).status, 'refused');
    const held = await hold(store, { ...request, subjects: [narrow, subjectOf('bb', 10, 'e0')] });
    assert.deepEqual(await usageOf(store, narrow), [0, 10, 0]);
    await store.commit(ACCOUNT, held, 7);
    assert.deepEqual(await usageOf(store, narrow), [7, 0, 0]);
    assert.deepEqual(await usageOf(store, full), [7, 0, 0]);
  },

  'books the bill of a hold that it does not know, once, and restores one that is extended': async ({
    store,
  }) => {
    const subject = subjectOf('aa', 100);
    const { places } = await hold(store, requestOf(1, [subject]));
    const lost = { id: 'lost', nanoUsd: 60, places, note: '' };
    await store.commit(ACCOUNT, lost, 70);
    await store.commit(ACCOUNT, lost, 70);
    assert.deepEqual(await usageOf(store, subject), [70, 1, 0]);
    const running = { ...lost, id: 'running' };
    assert.ok(Number(await store.extend(ACCOUNT, running, 5_000)) > 5_000);
    assert.deepEqual(await usageOf(store, subject), [70, 61, 0]);
    await store.attach(ACCOUNT, { ...lost, id: 'attached' }, 'gen-1', 5_000);
    assert.deepEqual(await usageOf(store, subject), [70, 121, 0]);
    await store.commit(ACCOUNT, running, 5);
    assert.deepEqual(await usageOf(store, subject), [75, 61, 0]);
  },

  'counts a hold that it knows in the places of its reservation, whatever places it is handed back with':
    async ({ store }) => {
      const subjects = [
        withAnother(subjectOf('aa', 100)),
        withAnother(subjectOf('a0', 100)),
        withAnother(subjectOf('bb', 100, 'e0')),
      ];
      const check = async (...expected: number[]): Promise<void> => {
        const { figures } = reported(await store.usage(ACCOUNT, subjects));
        const amounts = figures.map((windows) =>
          windows.map((one) => [one.settledNanoUsd, one.heldNanoUsd, one.unsettledNanoUsd]),
        );
        assert.deepEqual(
          amounts,
          subjects.map(() => [expected, [0, 0, 0]]),
        );
      };
      const asked = subjects.map((subject) => ({ ...subject, windows: subject.windows.slice(0, 1) }));
      const { places, ...rest } = await hold(store, requestOf(10, asked));
      const moved = places.map((place) => ({ ...place, spanId: 'another' }));
      const later = places.map((place) => ({ ...place, slot: place.slot + 1 }));
      assert.ok(Number(await store.extend(ACCOUNT, { ...rest, places: moved }, HOUR)) > HOUR);
      await check(0, 10, 0);
      await store.commit(ACCOUNT, { ...rest, places: later }, 7);
      await check(7, 0, 0);
      const released = await hold(store, requestOf(10, asked));
      await store.release(ACCOUNT, { ...released, places: [...moved, ...places] });
      await check(7, 0, 0);
      const attached = await hold(store, requestOf(10, asked));
      await store.attach(ACCOUNT, { ...attached, places: moved }, 'gen-1', HOUR);
      await store.commit(ACCOUNT, attached, 3);
      await check(10, 0, 0);
      const givenUp = await hold(store, requestOf(10, asked));
      await store.giveUp(ACCOUNT, { ...givenUp, places: later });
      await check(20, 0, 0);
      await store.commit(ACCOUNT, { ...givenUp, places: moved }, 1);
      await check(11, 0, 0);
    },

  'adds adjustments, once by id, apart from holds, and refunds': async ({ store }) => {
    const subjects = [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')];
    const [first, second] = subjects as [(typeof subjects)[0], (typeof subjects)[0]];
    const held = await hold(store, requestOf(10, subjects, { id: 'same' }));
    assert.equal((await store.adjust(ACCOUNT, { id: 'same', nanoUsd: 500, subjects })).status, 'done');
    await store.adjust(ACCOUNT, { id: 'same', nanoUsd: 500, subjects });
    assert.deepEqual(await usageOf(store, first), [500, 10, 0]);
    await store.adjust(ACCOUNT, { id: 'refund', nanoUsd: -450, subjects });
    await store.commit(ACCOUNT, held, 10);
    assert.deepEqual(await usageOf(store, first), [60, 0, 0]);
    assert.deepEqual(await usageOf(store, second), [60, 0, 0]);
  },

  'is exact up to 9 000 000 US dollars': async ({ store }) => {
    const subject = subjectOf('aa', MOST);
    const held = await hold(store, requestOf(MOST - 3, [subject]));
    await hold(store, requestOf(1, [subject]));
    await store.commit(ACCOUNT, held, MOST - 2);
    assert.deepEqual(await usageOf(store, subject), [MOST - 2, 1, 0]);
    assert.equal((await store.reserve(ACCOUNT, requestOf(2, [subject]))).status, 'refused');
    assert.equal((await store.reserve(ACCOUNT, requestOf(MOST, [subject]))).status, 'refused');
    await hold(store, requestOf(1, [subject]));
    assert.deepEqual(await usageOf(store, subject), [MOST - 2, 2, 0]);
  },

  'keeps accounts, roots, subjects and spans apart, whatever an id contains': async ({ store }) => {
    const other = 'b2'.repeat(32);
    const subject = subjectOf('aa', 100);
    const id = 'a {b}:c/d\u{1F600} "e" \\f';
    const note = '{"scope":{"tenant":"ä\\n\u2028"}}';
    const held = await hold(store, requestOf(10, [subject], { id, note }));
    assert.equal(held.note, note);
    assert.equal(held.id, id);
    assert.equal((await store.reserve(other, requestOf(30, [subject], { id }))).status, 'admitted');
    for (const apart of [subjectOf('aa', 100, 'c0ffe'), subjectOf('aaa', 100), subjectOf('a', 100)]) {
      assert.deepEqual(await usageOf(store, apart), [0, 0, 0]);
    }
    await store.commit(ACCOUNT, held, 20);
    assert.deepEqual(await usageOf(store, subject), [20, 0, 0]);
    assert.deepEqual(await usageOf(store, subject, other), [0, 30, 0]);
  },
});
