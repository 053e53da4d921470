import { describe, expect, it } from '@jest/globals';
import { UnmeteredSpend } from '../../../lib/metering/completion/unmetered-spend.js';

const MINUTE = 60_000;

interface Moment {
  /** The account's usage in the reading in memory; `null` if OpenRouter does not show it, `undefined` if there is none. */
  readonly usage: number | null | undefined;
  /** Minutes of the reading before the look. */
  readonly age?: number;
  /** Billed, in US dollars; `undefined` if the store does not answer. */
  readonly settled: number | undefined;
  /** Held besides. */
  readonly held?: number;
  readonly window?: string;
}

/** Looks once a minute. */
async function found(moments: readonly Moment[]): Promise<[number, number][]> {
  const calls: [number, number][] = [];
  let now = 1_000_000_000;
  let moment = moments[0]!;
  const unmetered = new UnmeteredSpend({
    peek: () =>
      moment.usage === undefined
        ? undefined
        : { totalUsage: moment.usage, fetchedAt: new Date(now - (moment.age ?? 0) * MINUTE) },
    booked: () =>
      Promise.resolve(
        moment.settled === undefined
          ? undefined
          : {
              window: moment.window ?? 'day',
              settledUsd: moment.settled,
              countedUsd: moment.settled + (moment.held ?? 0),
            },
      ),
    wallNow: () => now,
    onFound: (grown, booked) => calls.push([grown, booked]),
  });
  for (moment of moments) {
    now += MINUTE;
    await unmetered.look();
  }
  return calls;
}

const START: readonly Moment[] = [
  { usage: 100, settled: 0 },
  { usage: 100, settled: 0 },
];

describe('spend without a reservation', () => {
  it('is noticed once, in two readings, where the usage has grown by more than what was booked', async () => {
    const grown = { usage: 110, settled: 2 };
    expect(await found([...START, grown])).toEqual([]);
    expect(await found([...START, grown, grown, grown])).toEqual([[10, 2]]);
  });

  it.each<[string, readonly Moment[]]>([
    ['what was booked explains it', [{ usage: 110, settled: 10 }]],
    ['what is held may explain it', [{ usage: 110, settled: 2, held: 8 }]],
    ['it is little', [{ usage: 100.9, settled: 0 }]],
    ['it is a small share', [{ usage: 210, settled: 95 }]],
    ['the window is another one', [{ usage: 110, settled: 0, window: 'next' }]],
    ['nothing was read', [{ usage: undefined, settled: 0 }]],
    ['OpenRouter does not show the usage', [{ usage: null, settled: 0 }]],
    ['the store does not answer', [{ usage: 110, settled: undefined }]],
  ])('is none where %s', async (_why, [moment]) => {
    expect(await found([...START, moment!, moment!])).toEqual([]);
  });

  it('is not that of the minute before the first reading, which OpenRouter tells late', async () => {
    const late = { usage: 120, settled: 20 };
    expect(
      await found([{ usage: 100, settled: 20 }, { usage: 100, settled: 20, age: 1 }, late, late, late]),
    ).toEqual([]);
  });

  it('is none once later bills explain it', async () => {
    const early = { usage: 110, settled: 0 };
    const booked = { usage: 110, settled: 10 };
    expect(await found([...START, early, booked, early, booked])).toEqual([]);
  });
});
