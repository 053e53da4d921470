import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SpendHold, SpendSpan, SpendStore, SpendSubject } from '../../contracts/spend-store.js';
import {
  ACCOUNT,
  allTime,
  amountsOf,
  clockOf,
  hold,
  HOUR,
  MOST,
  reported,
  requestOf,
  ROOT,
  spansFrom,
  subjectOf,
  usageOf,
} from './spend-subjects.js';
import { contractOf } from './store-contract.js';

/** Two spans, and the moment between them: a store picks by its own clock, so moving the moment stands for waiting. */
function parted(between: number): readonly SpendSpan[] {
  const keepUntil = between + 24 * HOUR;
  return [
    { id: 'first', from: between - 9 * HOUR, to: between, keepUntil },
    { id: 'second', from: between, to: between + 9 * HOUR, keepUntil },
  ];
}

/** Spans of four hours, of which `span:0` begins at a time. */
function fourHours(start: number): readonly SpendSpan[] {
  return [-1, 0, 1, 2].map((number) => {
    const [from, to] = [start + number * 4 * HOUR, start + (number + 1) * 4 * HOUR];
    return { id: `span:${number}`, from, to, keepUntil: to + 24 * HOUR };
  });
}

/** In which windows amounts are counted, and what is told and learned about them. */
export const spendWindowsContract = contractOf<SpendStore>({
  'counts in the span of its own clock, and a bill where its hold was admitted': async ({ store }) => {
    const now = await clockOf(store);
    const subject = (between: number): SpendSubject =>
      subjectOf('aa', [{ spans: parted(between), slots: 1, limitNanoUsd: 100 }, allTime(1_000)]);
    const held = await hold(store, requestOf(100, [subject(now + HOUR)]));
    const [first, present] = reported(await store.usage(ACCOUNT, [subject(now + HOUR)])).figures[0] ?? [];
    assert.deepEqual([first?.spanId, first?.from, first?.to], ['first', now - 8 * HOUR, now + HOUR]);
    assert.deepEqual([present?.spanId, present?.to, present?.heldNanoUsd], ['total', null, 100]);
    // The next span has begun by the clock of the store.
    assert.deepEqual(await usageOf(store, subject(now)), [0, 0, 0]);
    await store.commit(ACCOUNT, held, 90);
    assert.deepEqual(await usageOf(store, subject(now)), [0, 0, 0]);
    assert.deepEqual(await usageOf(store, subject(now + HOUR)), [90, 0, 0]);
    assert.deepEqual(await usageOf(store, subjectOf('aa', 100)), [90, 0, 0]);
    await hold(store, requestOf(100, [subject(now)]));
    assert.deepEqual(await usageOf(store, subject(now)), [0, 100, 0]);
  },

  'counts an amount once in a span that two windows share, and looks at both limits': async ({ store }) => {
    const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
    const windows = [200, 100].map((limitNanoUsd) => ({ spans, slots: 1, limitNanoUsd }));
    const subject = subjectOf('aa', windows);
    const held = await hold(store, requestOf(60, [subject]));
    assert.equal(held.places.length, 1);
    const amounts = async (): Promise<readonly (readonly number[])[]> =>
      (reported(await store.usage(ACCOUNT, [subject])).figures[0] ?? []).map((one) => [
        one.settledNanoUsd,
        one.heldNanoUsd,
        one.unsettledNanoUsd,
      ]);
    const twice = (...one: number[]): readonly (readonly number[])[] => [one, one];
    assert.deepEqual(await amounts(), twice(0, 60, 0));
    const refused = await store.reserve(ACCOUNT, requestOf(41, [subject]));
    assert.deepEqual(refused.status === 'refused' && [refused.subject, refused.window], [0, 1]);
    await hold(store, requestOf(40, [subject]));
    await store.commit(ACCOUNT, held, 50);
    await store.adjust(ACCOUNT, { id: 'adjusted', nanoUsd: 5, subjects: [subject] });
    assert.deepEqual(await amounts(), twice(55, 40, 0));
    await store.restore(ACCOUNT, [subject], [[70, 70]]);
    assert.deepEqual(await amounts(), twice(70, 40, 0));
    // A caller that made the hold itself, because the store was away, may list a place for each window.
    const [place] = held.places;
    assert.ok(place !== undefined);
    await store.commit(ACCOUNT, { id: 'lost', nanoUsd: 1, note: '', places: [place, place] }, 10);
    assert.deepEqual(await amounts(), twice(80, 40, 0));
    await store.extend(ACCOUNT, { id: 'late', nanoUsd: 3, note: '', places: [place, place] }, HOUR);
    assert.deepEqual(await amounts(), twice(80, 43, 0));
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

  'lets an id be used again that found no span, in whichever subject': async ({ store }) => {
    const now = await clockOf(store);
    const old = spansFrom('old', now - 10 * HOUR, HOUR, [-1, 0, 1]);
    const broad = subjectOf('bb', [{ spans: old, slots: 1, limitNanoUsd: 100 }], 'e0');
    const request = requestOf(10, [subjectOf('aa', 100), broad]);
    assert.equal((await store.reserve(ACCOUNT, request)).status, 'no-window');
    await hold(store, { ...request, subjects: [subjectOf('aa', 100), subjectOf('bb', 100, 'e0')] });
    assert.deepEqual(await usageOf(store, subjectOf('aa', 100)), [0, 10, 0]);
    assert.deepEqual(await usageOf(store, subjectOf('bb', 100, 'e0')), [0, 10, 0]);
  },

  'rolls: counts the slots of one length of time, the oldest in full': async ({ store }) => {
    const now = await clockOf(store);
    // Four slots of an hour, of which five count.
    const subject = (hoursLater: number): SpendSubject =>
      subjectOf('aa', [{ spans: fourHours(now - (hoursLater + 0.5) * HOUR), slots: 4, limitNanoUsd: 100 }]);
    const early = await hold(store, requestOf(60, [subject(0)]));
    const [place] = early.places;
    assert.deepEqual([place?.root, place?.key, place?.spanId, place?.slot], [ROOT, 'aa', 'span:0', 0]);
    await hold(store, requestOf(30, [subject(1)]));
    const both = reported(await store.usage(ACCOUNT, [subject(1)]));
    assert.deepEqual(amountsOf(both), [0, 90, 0]);
    const [figures] = both.figures[0] ?? [];
    assert.deepEqual([figures?.from, figures?.to], [now - 4.5 * HOUR, now + 0.5 * HOUR]);
    assert.equal((await store.reserve(ACCOUNT, requestOf(11, [subject(1)]))).status, 'refused');
    // The slot of the first hold counts until five hours after its beginning.
    await store.commit(ACCOUNT, early, 50);
    assert.deepEqual(await usageOf(store, subject(4)), [50, 30, 0]);
    assert.deepEqual(await usageOf(store, subject(5)), [0, 30, 0]);
    await hold(store, requestOf(70, [subject(5)]));
    assert.deepEqual(await usageOf(store, subject(6)), [0, 70, 0]);
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

  'keeps sums exactly that no number can hold, refuses because of them, and tells the greatest number':
    async ({ store }) => {
      const now = await clockOf(store);
      const spans = fourHours(now - 0.5 * HOUR);
      const rolling = { spans, slots: 4, limitNanoUsd: MOST };
      for (const windows of [[allTime(MOST)], [rolling]]) {
        const subjects = [subjectOf(windows[0] === rolling ? 'bb' : 'aa', windows)];
        const [subject] = subjects;
        assert.ok(subject !== undefined);
        const unlimited = [subjectOf(subject.key, [{ ...(windows[0] ?? rolling), limitNanoUsd: null }])];
        const adjust = async (nanoUsd: number): Promise<void> => {
          await store.adjust(ACCOUNT, { id: randomUUID(), nanoUsd, subjects });
        };
        await adjust(MOST - 3);
        await adjust(MOST);
        assert.deepEqual(await usageOf(store, subject), [Number.MAX_SAFE_INTEGER, 0, 0]);
        assert.equal((await store.reserve(ACCOUNT, requestOf(0, subjects))).status, 'refused');
        // In steps that a number of this size cannot take.
        const held: SpendHold[] = [];
        for (const nanoUsd of [1, 1, 1]) held.push(await hold(store, requestOf(nanoUsd, unlimited)));
        assert.deepEqual(await usageOf(store, subject), [Number.MAX_SAFE_INTEGER, 3, 0]);
        for (const one of held) await store.commit(ACCOUNT, one, 1);
        await store.restore(ACCOUNT, subjects, [[Number.MAX_SAFE_INTEGER]]);
        assert.deepEqual(await usageOf(store, subject), [Number.MAX_SAFE_INTEGER, 0, 0]);
        await adjust(-MOST);
        assert.deepEqual(await usageOf(store, subject), [MOST, 0, 0]);
        assert.equal((await store.reserve(ACCOUNT, requestOf(1, subjects))).status, 'refused');
        await adjust(-1);
        await hold(store, requestOf(1, subjects));
        for (let time = 0; time < 3; time += 1) await adjust(-MOST);
        assert.deepEqual(await usageOf(store, subject), [Number.MIN_SAFE_INTEGER, 1, 0]);
        await hold(store, requestOf(MOST, subjects));
        assert.deepEqual(await usageOf(store, subject), [Number.MIN_SAFE_INTEGER, MOST + 1, 0]);
      }
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
