import { describe, expect, it } from '@jest/globals';
import {
  alertStateText,
  type AlertState,
  type AlertThresholds,
  FIRST_ALERT_STATE,
  isInDoubt,
  nextAlert,
  parseAlertState,
} from '../../../lib/balance/watch/alert-state.js';

const BOTH: AlertThresholds = { low: 20, critical: 5, hysteresis: 0.1 };

/** What is told after each of some readings; `undefined` is a failed one. */
function told(thresholds: AlertThresholds, readings: readonly (number | null | undefined)[]): string[] {
  let state: AlertState = FIRST_ALERT_STATE;
  return readings.map((spendable, sequence) => {
    const next = nextAlert(state, { spendable, sequence }, thresholds);
    ({ state } = next);
    return next.news === undefined ? '' : [next.news.type, next.news.threshold].join(' ').trim();
  });
}

describe('what is told after one reading and another', () => {
  it.each<[string, AlertThresholds, (number | null | undefined)[], string[]]>([
    ['nothing above', BOTH, [100, 20, 21], ['', '', '']],
    ['the first below', BOTH, [19.99, 19, 18], ['low 20', '', '']],
    ['nothing within the margin', BOTH, [19, 21.99, 19, 20], ['low 20', '', '', '']],
    ['a clear rise, and the next fall', BOTH, [19, 22, 19], ['low 20', 'recovered 20', 'low 20']],
    ['both at once', BOTH, [100, 4], ['', 'critical 5']],
    ['one after the other', BOTH, [19, 4.99], ['low 20', 'critical 5']],
    [
      'a rise from one to the other',
      BOTH,
      [4, 5.49, 5.5, 4],
      ['critical 5', '', 'recovered 5', 'critical 5'],
    ],
    ['a rise from below both', BOTH, [4, 21.99, 22], ['critical 5', 'recovered 5', 'recovered 20']],
    ['a rise from below both at once', BOTH, [4, 22], ['critical 5', 'recovered 20']],
    ['a debt', BOTH, [-1, 1], ['critical 5', '']],
    ['nothing while nothing is known', BOTH, [null, 19, null, 100], ['', 'low 20', '', 'recovered 20']],
    ['a failure and its end', BOTH, [100, undefined, undefined, 100], ['', 'unavailable', '', 'recovered']],
    ['a failure at first', BOTH, [undefined, 100], ['unavailable', 'recovered']],
    ['a failure while low', BOTH, [19, undefined, 19], ['low 20', 'unavailable', 'recovered']],
    ['a fall during a failure', BOTH, [100, undefined, 4], ['', 'unavailable', 'critical 5']],
    ['a rise during a failure', BOTH, [4, undefined, 100], ['critical 5', 'unavailable', 'recovered 20']],
    ['an end of failure that tells nothing', BOTH, [undefined, null], ['unavailable', 'recovered']],
    ['one threshold: low', { low: 20, hysteresis: 0 }, [4, 20, 20.01], ['low 20', '', 'recovered 20']],
    [
      'one threshold: critical',
      { critical: 5, hysteresis: 1 },
      [4, 9.99, 10],
      ['critical 5', '', 'recovered 5'],
    ],
    ['no threshold', { hysteresis: 0.1 }, [-5, undefined, 5], ['', 'unavailable', 'recovered']],
    [
      'a cent at least',
      { low: 0.02, hysteresis: 0.1 },
      [0.01, 0.029, 0.03],
      ['low 0.02', '', 'recovered 0.02'],
    ],
    ['zero', { low: 0, hysteresis: 0.1 }, [0, -0.001, 0.009, 0.01], ['', 'low 0', '', 'recovered 0']],
    ['equal thresholds', { low: 5, critical: 5, hysteresis: 0.1 }, [4, 5.5], ['critical 5', 'recovered 5']],
    // 1.1 × 0.1 is 0.11000000000000001 in binary.
    ['a margin exactly', { low: 1.1, hysteresis: 0.1 }, [1, 1.21], ['low 1.1', 'recovered 1.1']],
  ])('%s', (_title, thresholds, readings, expected) => {
    expect(told(thresholds, readings)).toEqual(expected);
  });

  it('is left to a threshold that another process has, and this one has not', () => {
    expect(
      nextAlert({ level: 'low', failedAt: undefined }, { spendable: 3, sequence: 1 }, { hysteresis: 0.1 })
        .news,
    ).toEqual({
      type: 'recovered',
    });
  });

  it('is not that the balance can be read again because it could be read before', () => {
    const failed: AlertState = { level: 'ok', failedAt: 7 };
    for (const sequence of [0, 6, 7]) {
      expect(nextAlert(failed, { spendable: 1, sequence }, BOTH)).toEqual({ state: failed, news: undefined });
    }
    expect(nextAlert(failed, { spendable: 100, sequence: 8 }, BOTH).news).toEqual({ type: 'recovered' });
    expect(nextAlert(failed, { spendable: undefined, sequence: 9 }, BOTH).state).toEqual(failed);
  });
});

/** What a reading says, and what is left of it for certain. */
type Range = readonly [spendable: number | null, leastSpendable: number | null];

describe('what is told while recorded spend may stand in the reading already', () => {
  function toldOf(ranges: readonly Range[]): string[] {
    let state: AlertState = FIRST_ALERT_STATE;
    return ranges.map(([spendable, leastSpendable], sequence) => {
      const evidence = { spendable, leastSpendable, sequence };
      const next = nextAlert(state, evidence, { low: 40, critical: 10, hysteresis: 0.1 });
      ({ state } = next);
      const isDoubted = isInDoubt(state, evidence, { low: 40, critical: 10, hysteresis: 0.1 });
      return [next.news?.type, next.news?.threshold, isDoubted ? '?' : undefined]
        .filter((part) => part !== undefined)
        .join(' ');
    });
  }

  it.each<[string, Range[], string[]]>([
    // 65, of which 20 are spent and recorded: 45 are left, whenever the readings have it.
    [
      'a burst above the threshold, recorded before the reading that has it',
      [
        [65, 65],
        [65, 45],
        [45, 25],
        [45, 45],
      ],
      ['', '', '?', ''],
    ],
    [
      'a burst above the threshold, recorded after the reading that has it',
      [
        [65, 65],
        [45, 45],
        [45, 25],
        [45, 45],
      ],
      ['', '', '?', ''],
    ],
    [
      'a crossing that is recorded before a reading has it',
      [
        [65, 65],
        [65, 35],
        [35, 5],
        [35, 35],
      ],
      ['', '?', 'low 40 ?', ''],
    ],
    [
      'a crossing of both that is recorded before a reading has it',
      [
        [65, 65],
        [65, 5],
        [5, -55],
        [5, 5],
      ],
      ['', '?', 'critical 10', ''],
    ],
    [
      'a crossing that nobody has recorded',
      [
        [65, 65],
        [35, 35],
      ],
      ['', 'low 40'],
    ],
    [
      'low, and perhaps critical',
      [
        [35, 35],
        [35, 5],
        [20, -10],
        [20, 20],
      ],
      ['low 40', '?', '?', ''],
    ],
    [
      'a recovery only once it is certain',
      [
        [35, 35],
        [60, 30],
        [50, 43.99],
        [50, 44],
      ],
      ['low 40', '', '', 'recovered 40'],
    ],
    [
      'a recovery that spend on its way takes back, not at all',
      [
        [35, 35],
        [60, 30],
        [30, 30],
      ],
      ['low 40', '', ''],
    ],
    [
      'a recovery from critical by steps',
      [
        [5, 5],
        [60, 12],
        [60, 60],
      ],
      ['critical 10', 'recovered 10', 'recovered 40'],
    ],
    [
      'nothing while nothing is known',
      [
        [35, 35],
        [null, null],
        [35, 5],
      ],
      ['low 40', '', '?'],
    ],
  ])('%s', (_title, ranges, expected) => {
    expect(toldOf(ranges)).toEqual(expected);
  });

  it('is in no doubt while the balance cannot be read', () => {
    const evidence = { spendable: undefined, leastSpendable: undefined, sequence: 1 };
    expect(isInDoubt(FIRST_ALERT_STATE, evidence, BOTH)).toBe(false);
  });
});

describe('the state in a store', () => {
  it.each<AlertState>([
    { level: 'ok', failedAt: undefined },
    { level: 'low', failedAt: 1_700_000_000_000 },
    { level: 'critical', failedAt: undefined },
  ])('comes back as it was: %j', (state) => {
    expect(parseAlertState(alertStateText(state))).toEqual(state);
  });

  it.each([
    undefined,
    '',
    'unavailable',
    ' unavailable',
    'high',
    'ok unavailable',
    'ok unavailable x',
    'ok unavailable 1e5',
    '{}',
  ])('is not believed as %p', (text) => {
    expect(parseAlertState(text)).toBeUndefined();
  });
});
