import { describe, expect, it } from '@jest/globals';
import {
  type BalanceEvent,
  type BalanceState,
  FIRST_BALANCE_STATE,
  next,
} from '../../../lib/balance/cache/balance-state.js';
import { figuresOf } from '../../../lib/balance/reading/balance-snapshot.js';
import type { HeldReading } from '../../../lib/balance/reading/held-reading.js';
import { failure } from '../support/simulated-account.js';

const READING = { credits: { totalCredits: 5, totalUsage: 1 }, key: null, fetchedAt: 1_000 };

/** A reading of this process by its serial, or of another process by its number in the store. */
function held(began: number, { serial, sequence }: { serial?: number; sequence?: number }): HeldReading {
  const figures = figuresOf(READING);
  return { reading: READING, figures, began, receivedAt: began + 10, jitter: 1, serial, sequence };
}

const FAILURE = { error: failure(503), sequence: 2, count: 1, until: 900 };
const OWN = held(100, { serial: 3, sequence: 7 });
const OTHERS = held(100, { sequence: 7 });
const ALONE = held(100, { serial: 3 });

const of = (state: Partial<BalanceState>): BalanceState => ({ ...FIRST_BALANCE_STATE, ...state });

const read = (reading: HeldReading, generation = 0): BalanceEvent => ({
  type: 'read',
  held: reading,
  generation,
});
const failed = (status: number, generation = 0, sequence?: number): BalanceEvent => ({
  type: 'failed',
  error: failure(status),
  generation,
  sequence,
  at: 500,
  random: 1,
});
const shared = (
  sequence: number,
  reading?: HeldReading,
  hasReading = reading !== undefined,
): BalanceEvent => ({
  type: 'shared',
  sequence,
  alertState: 'low',
  hasReading,
  reading: reading && { ...reading, sequence },
});

const NEWER = held(200, { serial: 4 });
const SEEN = { stored: { alertState: 'low' } };

describe('the state of a balance', () => {
  it.each<[string, Partial<BalanceState>, BalanceEvent, Partial<BalanceState>]>([
    // State, event → what is different afterwards.
    ['a first reading', {}, read(OWN), { held: OWN }],
    ['a reading after a failure', { failure: FAILURE }, read(OWN), { held: OWN, failure: undefined }],
    ['a later reading', { held: OWN }, read(NEWER), { held: NEWER }],
    ['the reading of a flight that began earlier', { held: NEWER }, read(OWN), {}],
    ['a reading that began after that of another process', { held: OTHERS }, read(NEWER), { held: NEWER }],
    [
      'a reading that began before that of another process',
      { held: OTHERS },
      read(held(99, { serial: 4 })),
      {},
    ],
    ['a reading of before an invalidation', { generation: 1 }, read(OWN), {}],
    [
      'a failure',
      { held: OWN, sequenceSeen: 6 },
      failed(503),
      { failure: { error: expect.anything(), sequence: 6, count: 1, until: 1_000 } },
    ],
    [
      'one more failure',
      { failure: FAILURE },
      failed(503, 0, 9),
      { failure: { error: expect.anything(), sequence: 9, count: 2, until: 1_500 } },
    ],
    [
      'a denial',
      { held: OWN },
      failed(401),
      {
        held: undefined,
        voidUntil: 500,
        failure: { error: expect.anything(), sequence: 0, count: 1, until: 1_000 },
      },
    ],
    ['a failure of before an invalidation', { held: OWN, generation: 1 }, failed(401), {}],
    [
      'a newer reading in the store',
      { held: OWN, failure: FAILURE },
      shared(8, NEWER),
      { ...SEEN, sequenceSeen: 8, held: { ...NEWER, sequence: 8 }, failure: undefined },
    ],
    ['the same reading in the store', { held: OWN }, shared(7, OWN), { ...SEEN, sequenceSeen: 7 }],
    [
      'a reading in the store that is older than one made without it',
      { held: ALONE },
      shared(9, held(50, {})),
      { ...SEEN, sequenceSeen: 9 },
    ],
    [
      'a reading in a store that numbers anew',
      { held: OWN },
      shared(2, NEWER),
      { ...SEEN, sequenceSeen: 2, held: { ...NEWER, sequence: 2 } },
    ],
    [
      'a reading in the store of before an invalidation',
      { voidUntil: 300 },
      shared(8, NEWER),
      { ...SEEN, sequenceSeen: 8 },
    ],
    [
      'a reading in the store that is not understood',
      { held: OWN },
      shared(8, undefined, true),
      { ...SEEN, sequenceSeen: 8 },
    ],
    [
      'an invalidation by another process',
      { held: OWN },
      shared(8),
      { ...SEEN, sequenceSeen: 8, held: undefined },
    ],
    [
      'an invalidation by another process, of a reading made without the store',
      { held: ALONE, sequenceSeen: 7 },
      shared(8),
      { ...SEEN, sequenceSeen: 8, held: undefined },
    ],
    ['a store without a reading', { held: OWN }, shared(7), { ...SEEN, sequenceSeen: 7 }],
    ['a store that does not answer', { held: OWN, ...SEEN }, { type: 'unanswered' }, { stored: undefined }],
    ['a claim', { held: OWN }, { type: 'claimed', alertState: 'low' }, SEEN],
    [
      'an invalidation',
      { held: OWN, failure: FAILURE, ...SEEN, generation: 4 },
      { type: 'invalidated', at: 500 },
      { held: undefined, failure: undefined, voidUntil: 500, generation: 5 },
    ],
    [
      'the end',
      { held: OWN, failure: FAILURE },
      { type: 'closed', at: 500 },
      { held: undefined, voidUntil: 500, isClosed: true },
    ],
    ['a reading after the end', { isClosed: true }, read(OWN), {}],
    ['a failure after the end', { isClosed: true }, failed(503), {}],
    ['a reading in the store after the end', { isClosed: true }, shared(8, NEWER), {}],
  ])('after %s', (_title, before, event, changes) => {
    const state = Object.freeze(of(before));
    expect(next(state, event)).toEqual({ ...state, ...changes });
  });

  it('is the same object where nothing has changed', () => {
    const state = of({ held: NEWER, generation: 1 });
    for (const event of [read(OWN), failed(503)]) expect(next(state, event)).toBe(state);
  });
});
