import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { summarizeActivity } from '../../lib/activity/activity-summary.js';
import type { ActivityItem } from '../../lib/activity/activity.models.js';
import { ITEM } from './support.js';

const DAY = 86_400_000;

function day(number: number): Date {
  return new Date(Date.UTC(2026, 0, number));
}

const NOTHING = {
  usage: 0,
  byokUsageInference: 0,
  requests: 0,
  promptTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
};

describe('a summary', () => {
  it('is zero where nothing was used', () => {
    expect(summarizeActivity([], undefined)).toStrictEqual({
      totals: NOTHING,
      byDay: [],
      byModel: [],
      byProvider: [],
    });
  });

  it('has the sums by day, model and provider', () => {
    const rows: ActivityItem[] = [
      { ...ITEM, date: day(3), model: 'a/one', providerName: 'A', usage: 0.1, byokUsageInference: 5 },
      { ...ITEM, date: day(1), model: 'b/two', providerName: 'B', usage: 0.2, byokUsageInference: 0 },
      { ...ITEM, date: day(3), model: 'b/two', providerName: 'A', usage: 0.7, byokUsageInference: 0 },
    ];
    const counts = (rowCount: number) => ({
      requests: 5 * rowCount,
      promptTokens: 50 * rowCount,
      completionTokens: 125 * rowCount,
      reasoningTokens: 25 * rowCount,
    });
    expect(summarizeActivity(rows, undefined)).toStrictEqual({
      totals: { usage: 1, byokUsageInference: 5, ...counts(3) },
      byDay: [
        { date: day(1), usage: 0.2, byokUsageInference: 0, ...counts(1) },
        { date: day(3), usage: 0.8, byokUsageInference: 5, ...counts(2) },
      ],
      byModel: [
        { model: 'b/two', usage: 0.9, byokUsageInference: 0, ...counts(2) },
        { model: 'a/one', usage: 0.1, byokUsageInference: 5, ...counts(1) },
      ],
      byProvider: [
        { providerName: 'A', usage: 0.8, byokUsageInference: 5, ...counts(2) },
        { providerName: 'B', usage: 0.2, byokUsageInference: 0, ...counts(1) },
      ],
    });
  });

  it('has workspaces only where they were asked for', () => {
    const rows = ['w-2', 'w-1', 'w-2'].map((workspaceId) => ({ ...ITEM, workspaceId }));
    expect(summarizeActivity(rows, undefined)).not.toHaveProperty('byWorkspace');
    expect(summarizeActivity(rows, 'workspace').byWorkspace).toMatchObject([
      { workspaceId: 'w-2', usage: 0.03 },
      { workspaceId: 'w-1', usage: 0.015 },
    ]);
  });

  it('keeps rows without a name, without a day, and without counts', () => {
    const rows: ActivityItem[] = [{ usage: 0.5, byokUsageInference: 0 }, ITEM];
    const { totals, byDay, byModel } = summarizeActivity(rows, undefined);
    expect(totals).toMatchObject({ usage: 0.515, requests: 5 });
    expect(byDay.map(({ date, usage }) => [date, usage])).toEqual([
      [ITEM.date, 0.015],
      [undefined, 0.5],
    ]);
    expect(byModel[0]).toStrictEqual({ ...NOTHING, usage: 0.5 });
    expect(byModel[1]?.model).toBe(ITEM.model);
  });

  it('puts equal usage in the order of the names, whatever they are', () => {
    const names = ['toString', '__proto__', 'b', 'constructor', 'B', 'a'];
    const rows = names.map((model) => ({ ...ITEM, model }));
    expect(summarizeActivity(rows, undefined).byModel.map(({ model }) => model)).toEqual([...names].sort());
  });

  it('never makes up a sum that no double can hold', () => {
    const rows = [1, 2].map(() => ({ ...ITEM, usage: 1.7e308 }));
    expect(() => summarizeActivity(rows, undefined)).toThrow(/too large for a number/);
  });

  it('has series that each add up to the totals, the same for any order of the rows', () => {
    const cents = fc.integer({ min: 0, max: 10_000_000 }).map((value) => value / 1e6);
    const rows = fc.array(
      fc.record({
        date: fc.integer({ min: 1, max: 5 }).map(day),
        model: fc.constantFrom('a', 'b', 'c'),
        providerName: fc.constantFrom('A', 'B'),
        usage: cents,
        byokUsageInference: cents,
        requests: fc.nat(100),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(rows, (items) => {
        const { totals, ...series } = summarizeActivity(items, undefined);
        const micros = (of: readonly { usage: number }[]) =>
          of.reduce((sum, { usage }) => sum + Math.round(usage * 1e6), 0);
        expect(Math.round(totals.usage * 1e6)).toBe(micros(items));
        expect(totals.usage).toBe(micros(items) / 1e6);
        for (const entries of Object.values(series)) {
          expect(micros(entries)).toBe(micros(items));
          expect(entries.reduce((sum, { requests }) => sum + requests, 0)).toBe(totals.requests);
        }
        expect(series.byDay.map(({ date }) => date!.getTime() % DAY)).toEqual(series.byDay.map(() => 0));
        expect(summarizeActivity([...items].reverse(), undefined)).toEqual({ totals, ...series });
      }),
      { numRuns: 200 },
    );
  });
});
