import { describe, expect, it } from '@jest/globals';
import { type BillLine, billTenants, billText } from '../src/billing/bill-lines.js';

const LINE: BillLine = {
  id: '1',
  cursor: 'c1',
  nanoUsd: 100_000_000,
  isFinal: true,
  scope: { tenant: 'acme', user: 'ann' },
  startedAt: '2026-11-28T10:00:00.000Z',
  model: 'openai/gpt-4.1-mini',
};

describe('billTenants', () => {
  it('adds up exactly, tenant by tenant', () => {
    const lines = [
      LINE,
      { ...LINE, id: '2', nanoUsd: 200_000_000 },
      { ...LINE, id: '3', scope: { tenant: 'zoe' }, nanoUsd: 1 },
      { ...LINE, id: '4', scope: {}, nanoUsd: 5 },
    ];
    expect(billTenants(lines)).toEqual([
      { tenant: 'acme', nanoUsd: 300_000_000, answers: 2, unknown: 0 },
      { tenant: 'nobody', nanoUsd: 5, answers: 1, unknown: 0 },
      { tenant: 'zoe', nanoUsd: 1, answers: 1, unknown: 0 },
    ]);
  });

  it('bills what was reserved or unknown only once the bill is known', () => {
    const held = { ...LINE, isFinal: false };
    const unknown = { ...held, id: '2', nanoUsd: null };
    expect(billTenants([held, unknown])).toMatchObject([{ nanoUsd: 0, answers: 0, unknown: 2 }]);
    const billed = { ...LINE, nanoUsd: 42 };
    expect(billTenants([held, unknown, billed])).toMatchObject([{ nanoUsd: 42, answers: 1, unknown: 1 }]);
  });
});

it.each([
  [{ nanoUsd: 0, answers: 0, unknown: 2 }, 'acme  $0.00  0 answers, and 2 of unknown cost'],
  [{ nanoUsd: 61_234_567, answers: 1, unknown: 0 }, 'acme  $0.061234567  1 answer'],
  [{ nanoUsd: 12_300_000_000, answers: 200, unknown: 0 }, 'acme  $12.30  200 answers'],
])('billText of %j', (bill, text) => {
  expect(billText({ tenant: 'acme', ...bill })).toBe(text);
});
