import { describe, expect, it } from '@jest/globals';
import type { ActivityItem } from '../../../lib/index.js';
import { type MeteredDay, reconciliation } from '../../../lib/metering/ledger/reconciliation.js';

const sum = (model: string | null, usd: number, rest: { unsettledUsd?: number; unknown?: number } = {}) => ({
  key: [model],
  nanoUsd: BigInt(Math.round(usd * 1e9)),
  unsettledNanoUsd: BigInt(Math.round((rest.unsettledUsd ?? 0) * 1e9)),
  completions: 10,
  unknownCompletions: rest.unknown ?? 0,
  promptTokens: 0,
  completionTokens: 0,
});

const billed = (model: string, usage: number, rest: Partial<ActivityItem> = {}): ActivityItem => ({
  model,
  usage,
  byokUsageInference: 0,
  requests: 10,
  ...rest,
});

const compare = (
  day: Partial<MeteredDay>,
  activity: readonly ActivityItem[],
  byok: 'fee' | 'total' = 'fee',
) => reconciliation('2026-11-28', { ended: [], aboutMidnight: [], ...day }, activity, byok);

describe('a reconciliation', () => {
  it.each<[string, Partial<MeteredDay>, number, number]>([
    ['the same', { ended: [sum('m', 1)] }, 1, 0],
    ['rounded up', { ended: [sum('m', 0.999_995)] }, 1, 0],
    ['rounded down', { ended: [sum('m', 1.000_005)] }, 1, 0],
    ['more than rounding', { ended: [sum('m', 0.999_99)] }, 1, 0.000_005],
    ['a script past the meter', { ended: [sum('m', 1)] }, 3.5, 2.499_995],
    ['booked before midnight', { ended: [sum('m', 1)], aboutMidnight: [sum('m', 0.5)] }, 1.5, 0],
    ['booked after midnight', { ended: [sum('m', 1)], aboutMidnight: [sum('m', 0.5)] }, 0.5, 0],
    ['more than midnight', { ended: [sum('m', 1)], aboutMidnight: [sum('m', 0.5)] }, 1.75, 0.249_995],
    ['a bill that is not known yet', { ended: [sum('m', 1, { unsettledUsd: 0.25 })] }, 1.2, 0],
    ['a bill that is not on the day', { ended: [sum('m', 1, { unsettledUsd: 0.25 })] }, 0.75, -0.249_995],
    ['an empty meter', {}, 2, 1.999_995],
  ])('tells apart: %s', (_case, day, usage, unexplainedUsd) => {
    const result = compare(day, [billed('m', usage)]);
    expect(result.unexplainedUsd).toBe(unexplainedUsd);
    expect(result.byModel).toHaveLength(1);
    expect(result.byModel[0]).toMatchObject({ model: 'm', unexplainedUsd, billedUsd: usage });
  });

  it('has every figure of its difference', () => {
    const day = { ended: [sum('m', 1, { unsettledUsd: 0.05, unknown: 3 })], aboutMidnight: [sum('m', 0.2)] };
    expect(compare(day, [billed('m', 1.1)])).toEqual({
      date: '2026-11-28',
      meteredUsd: 1,
      billedUsd: 1.1,
      unmeteredUsd: 0.1,
      roundingUsd: 0.000_005,
      midnightUsd: 0.2,
      unsettledUsd: 0.05,
      unknownCompletions: 3,
      unexplainedUsd: 0,
      byModel: [expect.objectContaining({ model: 'm', unmeteredUsd: 0.1 })],
    });
  });

  it('finds a model by the name of its version, and tells the others apart', () => {
    const activity = [
      billed('openai/gpt-4.1', 1, { modelPermaslug: 'openai/gpt-4.1-2025-04-14' }),
      billed('openai/gpt-4.1', 1, { modelPermaslug: 'openai/gpt-4.1-2025-04-14' }),
      billed('z/other', 5),
    ];
    const ended = [
      sum('openai/gpt-4.1-2025-04-14', 1),
      sum('openai/gpt-4.1', 1),
      sum(null, 0.5),
      sum('a/b', 0.5),
    ];
    const { byModel } = compare({ ended }, activity);
    expect(byModel.map(({ model, unmeteredUsd }) => [model, unmeteredUsd])).toEqual([
      ['z/other', 5],
      ['openai/gpt-4.1', 0],
      ['a/b', -0.5],
      [null, -0.5],
    ]);
  });

  it('counts the bill of the provider where the meter does', () => {
    const activity = [billed('m', 0.05, { byokUsageInference: 1 })];
    expect(compare({}, activity).billedUsd).toBe(0.05);
    expect(compare({}, activity, 'total').billedUsd).toBe(1.05);
  });
});
