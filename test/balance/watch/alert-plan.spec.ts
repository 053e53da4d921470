import { describe, expect, it } from '@jest/globals';
import {
  type AlertJudge,
  type AlertMemory,
  FIRST_ALERT_MEMORY,
  planAlert,
  rememberAlert,
} from '../../../lib/balance/watch/alert-plan.js';
import {
  type AlertLevel,
  type AlertState,
  alertStateText,
  nextAlert,
} from '../../../lib/balance/watch/alert-state.js';

const at = (level: AlertLevel): AlertState => ({ level, failedAt: undefined });

/** Has told alone, after it had seen the other state in the store. */
const alone = (level: AlertLevel, base: string | undefined): AlertMemory => ({
  known: at(level),
  alone: { state: at(level), base },
});

const judgeOf =
  (spendable: number): AlertJudge =>
  (before) =>
    nextAlert(before, { spendable, sequence: Infinity }, { low: 20, critical: 5, hysteresis: 0.1 });

describe('where a process goes on from', () => {
  it.each<[string, string | undefined, AlertMemory, number, string]>([
    // What is in the store, what the process remembers, what can be spent → what it does.
    ['nothing anywhere', undefined, FIRST_ALERT_MEMORY, 100, ''],
    ['a crossing', 'ok', FIRST_ALERT_MEMORY, 10, 'low: tells low'],
    ['a crossing that was told', 'low', FIRST_ALERT_MEMORY, 10, ''],
    [
      'a store that has lost what was told',
      undefined,
      { known: at('low'), alone: undefined },
      10,
      'low: writes',
    ],
    ['a store that has nonsense', 'high', { known: at('low'), alone: undefined }, 10, 'low: writes'],
    ['told alone, and nobody else has', 'ok', alone('low', 'ok'), 10, 'low: writes'],
    ['told alone, and the store has lost all', undefined, alone('low', 'ok'), 10, 'low: writes'],
    ['told alone while the store was empty', undefined, alone('low', undefined), 10, 'low: writes'],
    ['told alone, and others have told and written the same', 'low', alone('low', 'ok'), 10, ''],
    ['told alone, and worse since', 'ok', alone('low', 'ok'), 1, 'critical: tells critical'],
    ['told alone, and worse since, as others have told', 'critical', alone('low', 'ok'), 1, ''],
    ['told alone, and better since', 'ok', alone('low', 'ok'), 100, 'ok: tells recovered'],
    ['told alone, and better since, as others have told', 'ok', alone('low', 'critical'), 100, ''],
    [
      'told alone what is worse than what others have told',
      'low',
      alone('critical', 'ok'),
      1,
      'critical: writes',
    ],
    [
      'told alone, and others have told what is worse',
      'critical',
      alone('low', 'ok'),
      10,
      'low: tells recovered',
    ],
    [
      'told the end alone, and others have told what is worse',
      'critical',
      alone('ok', 'low'),
      100,
      'ok: tells recovered',
    ],
    ['told there and back alone', 'low', alone('ok', 'low'), 100, 'ok: writes'],
    ['told there and back alone, and nothing is different', 'ok', alone('ok', 'ok'), 100, ''],
  ])('%s', (_title, stored, memory, spendable, expected) => {
    const { state, news, isOverdue } = planAlert(stored, memory, judgeOf(spendable));
    const act = news === undefined ? (isOverdue ? 'writes' : '') : `tells ${news.type}`;
    expect(act && `${alertStateText(state)}: ${act}`).toBe(expected);
  });

  it('is the store again once that has what was told alone', () => {
    const plan = { state: at('low'), news: { type: 'low' as const } };
    const told = rememberAlert(FIRST_ALERT_MEMORY, plan, { isStored: false, base: 'ok' });
    expect(told).toEqual(alone('low', 'ok'));
    const silent = { state: at('low'), news: undefined };
    // The store has failed once more.
    expect(rememberAlert(told, silent, { isStored: false, base: 'ok' })).toEqual(told);
    expect(rememberAlert(told, silent, { isStored: true, base: 'ok' })).toEqual({
      known: at('low'),
      alone: undefined,
    });
  });
});
