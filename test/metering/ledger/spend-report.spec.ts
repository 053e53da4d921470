import { describe, expect, it } from '@jest/globals';
import { spendReport } from '../../../lib/metering/ledger/spend-report.js';

const DAY = Date.parse('2026-11-28');

const sum = (key: (string | null)[], nanoUsd: bigint, unsettledNanoUsd = 0n) => ({
  key,
  nanoUsd,
  unsettledNanoUsd,
  completions: 2,
  unknownCompletions: 1,
  promptTokens: 3,
  completionTokens: 4,
});

const hold = (nanoUsd: number, note: unknown) => ({
  nanoUsd,
  note: JSON.stringify(note),
  admittedAt: DAY + 1,
});

describe('a report', () => {
  it('adds up exactly what a number cannot hold', () => {
    const report = spendReport(
      { groupBy: ['tenant'] },
      [sum(['a'], 100_000_001n), sum(['b'], 200_000_002n), sum(['c'], 9_007_199_254_740_993n)],
      [],
    );
    expect(report.totalUsd).toBe(Number('9007199.554740996'));
    expect(report.rows.map(({ usd }) => usd)).toEqual([
      0.100_000_001,
      0.200_000_002,
      Number('9007199.254740993'),
    ]);
  });

  it('takes what objects inherit for no value of a scope', () => {
    for (const note of [{ scope: { tenant: 'a' } }, {}]) {
      const { rows } = spendReport({ groupBy: ['constructor', 'toString'] }, [], [hold(1, note)]);
      expect(rows.map(({ key }) => key)).toEqual([{ constructor: null, toString: null }]);
    }
  });

  it('names the values of its groups, in their order, and those without a value last', () => {
    const { rows } = spendReport(
      { groupBy: ['tenant', 'day'] },
      [
        sum([null, '2026-11-28'], 1n),
        sum(['b', '2026-11-28'], 1n),
        sum(['b', '2026-11-27'], 1n),
        sum(['B', '2026-11-29'], 1n),
      ],
      [],
    );
    expect(rows.map(({ key }) => key)).toEqual([
      { tenant: 'B', day: '2026-11-29' },
      { tenant: 'b', day: '2026-11-27' },
      { tenant: 'b', day: '2026-11-28' },
      { tenant: null, day: '2026-11-28' },
    ]);
    expect(rows[0]).toEqual({
      key: { tenant: 'B', day: '2026-11-29' },
      usd: 1e-9,
      completions: 2,
      unknownCompletions: 1,
      promptTokens: 3,
      completionTokens: 4,
      unsettledUsd: 0,
    });
  });

  it('tells what is held with what was given up, also of groups without an entry', () => {
    const { rows, totalUsd, totalUnsettledUsd } = spendReport(
      { groupBy: ['tenant', 'model', 'day'] },
      [sum(['acme', 'm', '2026-11-28'], 1_000_000_000n, 50_000_000n)],
      [
        hold(50_000_000, { scope: { tenant: 'acme' }, model: 'm' }),
        hold(20_000_000, { scope: { tenant: 'zeta' } }),
        { nanoUsd: 10_000_000, note: 'no note of ours', admittedAt: DAY },
      ],
    );
    expect(
      rows.map(({ key, usd, unsettledUsd, completions }) => [key, usd, unsettledUsd, completions]),
    ).toEqual([
      [{ tenant: 'acme', model: 'm', day: '2026-11-28' }, 1, 0.1, 2],
      [{ tenant: 'zeta', model: null, day: '2026-11-28' }, 0, 0.02, 0],
      [{ tenant: null, model: null, day: '2026-11-28' }, 0, 0.01, 0],
    ]);
    expect([totalUsd, totalUnsettledUsd]).toEqual([1, 0.13]);
  });

  it('leaves out what is held for others', () => {
    const held = [hold(5, { scope: { tenant: 'acme' } }), hold(7, { scope: { tenant: 'zeta' } })];
    const query = { groupBy: [], scope: { tenant: 'zeta' } };
    expect(spendReport(query, [], held)).toMatchObject({ totalUnsettledUsd: 7e-9, rows: [{ key: {} }] });
    expect(spendReport({ ...query, scope: { tenant: 'nobody' } }, [], held).rows).toEqual([]);
  });
});
