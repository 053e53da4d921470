import assert from 'node:assert/strict';
import type { SpendStore } from '../../contracts/spend-store.js';
import {
  ACCOUNT,
  allTime,
  amountsOf,
  clockOf,
  hold,
  HOUR,
  reported,
  requestOf,
  spansFrom,
  subjectOf,
  usageOf,
} from './spend-subjects.js';
import { contractOf } from './store-contract.js';

/** In which windows amounts are counted, and what is told and learned about them. */
export const spendWindowsContract = contractOf<SpendStore>({
  'counts in the span of its own clock, until another one begins': async ({ store, pass }) => {
    const now = await clockOf(store);
    const spans = spansFrom('short', now - 500, 1_000, [-1, 0, 1]);
    const subject = subjectOf('aa', [{ spans, slots: 1, limitNanoUsd: 100 }, allTime(1_000)]);
    const held = await hold(store, requestOf(100, [subject]));
    const [first, present] = reported(await store.usage(ACCOUNT, [subject])).figures[0] ?? [];
    assert.deepEqual([first?.spanId, first?.from, first?.to], [spans[1]?.id, now - 500, now + 500]);
    assert.deepEqual([present?.spanId, present?.to, present?.heldNanoUsd], ['total', null, 100]);
    await pass(600);
    // Its bill is counted where it was admitted.
    await store.commit(ACCOUNT, held, 90);
    assert.deepEqual(await usageOf(store, subject), [0, 0, 0]);
    const before = spansFrom('short', now - 500, 1_000, [0]).map((span) => ({ ...span, to: now + HOUR }));
    assert.deepEqual(
      await usageOf(store, subjectOf('aa', [{ spans: before, slots: 1, limitNanoUsd: null }])),
      [90, 0, 0],
    );
    assert.deepEqual(await usageOf(store, subjectOf('aa', 100)), [90, 0, 0]);
    await hold(store, requestOf(100, [subject]));
  },

  'answers its time if no span contains it, and holds nothing': async ({ store }) => {
    const now = await clockOf(store);
    const spans = spansFrom('old', now - 10 * HOUR, HOUR, [-1, 0, 1]);
    const subjects = [subjectOf('aa', 100), subjectOf('bb', [{ spans, slots: 1, limitNanoUsd: 100 }])];
    const answers = [
      await store.reserve(ACCOUNT, requestOf(10, subjects)),
      await store.usage(ACCOUNT, subjects),
      await store.adjust(ACCOUNT, { id: 'adjusted', nanoUsd: 10, subjects }),
      await store.restore(ACCOUNT, subjects, [[10], [10]]),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['no-window', 'no-window', 'no-window', 'no-window'],
    );
    assert.ok(answers.every((answer) => answer.now >= now && answer.now < now + HOUR));
    assert.deepEqual(await usageOf(store, subjectOf('aa', 100)), [0, 0, 0]);
  },

  'rolls: counts the slots of one length of time, the oldest in full': async ({ store, pass }) => {
    const now = await clockOf(store);
    // Four slots of half a second, of which five count.
    const spans = spansFrom('rolling', now - 200, 2_000, [-1, 0, 1, 2]);
    const subject = subjectOf('aa', [{ spans, slots: 4, limitNanoUsd: 100 }]);
    const early = await hold(store, requestOf(60, [subject]));
    assert.deepEqual(early.places, [
      { root: subject.root, key: 'aa', spanId: spans[1]?.id, slot: 0, keepUntil: spans[1]?.keepUntil },
    ]);
    await pass(500);
    await hold(store, requestOf(30, [subject]));
    const both = reported(await store.usage(ACCOUNT, [subject]));
    assert.deepEqual(amountsOf(both), [0, 90, 0]);
    const [figures] = both.figures[0] ?? [];
    assert.deepEqual([figures?.from, figures?.to], [now - 1_700, now + 800]);
    assert.equal((await store.reserve(ACCOUNT, requestOf(11, [subject]))).status, 'refused');
    // The slot of the first hold counts until two and a half seconds after its beginning.
    await pass(1_550);
    await store.commit(ACCOUNT, early, 50);
    assert.deepEqual(await usageOf(store, subject), [50, 30, 0]);
    await pass(400);
    assert.deepEqual(await usageOf(store, subject), [0, 30, 0]);
    await hold(store, requestOf(70, [subject]));
  },

  'gives the right to a warning to one process, and to the same call again': async ({ store }) => {
    const { places } = await hold(store, requestOf(1, [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')]));
    const [place, other] = places;
    assert.ok(place !== undefined && other !== undefined);
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_, index) => store.claimWarning(ACCOUNT, place, '0.8', `call-${index}`)),
    );
    const winner = claims.indexOf(true);
    assert.equal(claims.filter(Boolean).length, 1);
    assert.equal(await store.claimWarning(ACCOUNT, place, '0.8', `call-${winner}`), true);
    assert.equal(await store.claimWarning(ACCOUNT, place, '0.8', 'later'), false);
    assert.equal(await store.claimWarning(ACCOUNT, place, '1', 'later'), true);
    assert.equal(await store.claimWarning(ACCOUNT, other, '0.8', 'later'), true);
  },

  'raises what is settled to what was known, and never adds to it': async ({ store }) => {
    const subject = subjectOf('aa', 1_000);
    await store.commit(ACCOUNT, await hold(store, requestOf(1, [subject])), 100);
    await hold(store, requestOf(5, [subject]));
    await store.restore(ACCOUNT, [subject], [[250]]);
    await Promise.all([
      store.restore(ACCOUNT, [subject], [[250]]),
      store.restore(ACCOUNT, [subject], [[240]]),
    ]);
    assert.deepEqual(await usageOf(store, subject), [250, 5, 0]);
    assert.equal((await store.reserve(ACCOUNT, requestOf(746, [subject]))).status, 'refused');
    await hold(store, requestOf(745, [subject]));
  },

  'learns the 95th percentile of the latest bills, from 30 on': async ({ store }) => {
    for (let bill = 1; bill < 30; bill += 1) await store.learn(ACCOUNT, 'openai/gpt-5', bill);
    assert.equal(await store.learned(ACCOUNT, 'openai/gpt-5'), undefined);
    await store.learn(ACCOUNT, 'openai/gpt-5', 30);
    assert.equal(await store.learned(ACCOUNT, 'openai/gpt-5'), 29);
    for (let bill = 1; bill <= 200; bill += 1) await store.learn(ACCOUNT, 'openai/gpt-5', 1_000);
    assert.equal(await store.learned(ACCOUNT, 'openai/gpt-5'), 1_000);
    assert.equal(await store.learned(ACCOUNT, 'another {model}'), undefined);
  },
});
