import { describe, expect, it } from '@jest/globals';
import type { SpendStore, SpendSubject } from '../../lib/index.js';
import { RedisSpendStore } from '../../lib/redis/index.js';
import { failureOf } from '../support/failures.js';

const SPAN = { id: 'all', from: 0, to: null, keepUntil: null };
const SUBJECTS: readonly SpendSubject[] = [
  { root: 'aa', key: 'bb', windows: [{ slots: 1, limitNanoUsd: 10, spans: [SPAN] }] },
];
const REQUEST = { id: 'h', nanoUsd: 5, leaseMs: 1, note: '', subjects: SUBJECTS };
const PLACE = 'aa bb all 0 \n';

/** A store on a Redis of which every script gives this answer. */
function answering(answer: unknown): SpendStore {
  return new RedisSpendStore({ evalsha: () => Promise.resolve(answer), eval: () => Promise.resolve(answer) });
}

const reserve = (store: SpendStore): Promise<unknown> => store.reserve('ab', REQUEST);
const usage = (store: SpendStore): Promise<unknown> => store.usage('ab', SUBJECTS);

describe('an answer of Redis', () => {
  it.each<[string, readonly unknown[], (store: SpendStore) => Promise<unknown>, object]>([
    [
      'an admission',
      ['admitted', 7, 8, 0, 0, 1, 2, 3],
      reserve,
      {
        status: 'admitted',
        now: 7,
        expiresAt: 8,
        figures: [[{ settledNanoUsd: 1, heldNanoUsd: 2, unsettledNanoUsd: 3 }]],
      },
    ],
    [
      'one of before',
      ['known', 7, '8', '5', 'a note', PLACE, 'gen-1', 0, 0, 1, 2, 3],
      reserve,
      {
        status: 'admitted',
        expiresAt: 8,
        hold: {
          nanoUsd: 5,
          note: 'a note',
          generationId: 'gen-1',
          places: [{ root: 'aa', keepUntil: null }],
        },
      },
    ],
    ['a refusal', ['refused', 7, 0, 0, 0, 1, 2, 3], reserve, { status: 'refused', subject: 0, window: 0 }],
    ['a report', ['done', 7, [], 0, 0, 1, 2, 3], usage, { status: 'done', now: 7 }],
    ['no window', ['no-window', 7], usage, { status: 'no-window', now: 7 }],
  ])('is checked: %s', async (_what, good, call, told) => {
    expect(await call(answering(good))).toMatchObject(told);
    // A client may be configured to return numbers as strings.
    const texts = good.map((one) => (typeof one === 'number' ? String(one) : one));
    expect(await call(answering(texts))).toMatchObject(told);
    const odd = [undefined, null, 0.5, {}, true];
    const answers = odd.flatMap((one) => [
      one,
      ...good.map((_, index) => (index === 0 ? [one] : good.with(index, one))),
    ]);
    for (const answer of answers) {
      expect(await failureOf(call(answering(answer)))).toBeInstanceOf(TypeError);
    }
  });
});
