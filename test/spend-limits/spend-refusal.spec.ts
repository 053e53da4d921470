import { expect, it } from '@jest/globals';
import type { SpendUsage } from '../../lib/index.js';
import { refusalEnd, refusalText } from '../../lib/spend-limits/spend-refusal.js';

const USAGE: SpendUsage = {
  rule: 'tenant per day',
  subject: { tenant: 'acme' },
  period: 'day',
  from: new Date('2026-11-29T00:00:00Z'),
  resetsAt: new Date('2026-11-30T00:00:00Z'),
  limitUsd: 2,
  spentUsd: 1.96,
  heldUsd: 0.02,
  unsettledUsd: 0,
  remainingUsd: 0.02,
};
const FULL = { spentUsd: 2, heldUsd: 0, remainingUsd: 0 };

it.each<[string, Partial<SpendUsage>, number | undefined, string]>([
  [
    'when more may be spent',
    {},
    0.05,
    '$0.02 of $2.00 left, and $0.05 is needed. More may be spent from 2026-11-30T00:00:00.000Z on.',
  ],
  [
    'no moment where a limit never resets',
    { resetsAt: null },
    0.05,
    '$0.02 of $2.00 left, and $0.05 is needed.',
  ],
  [
    'that an amount fits into no window',
    { limitUsd: 0.02, spentUsd: 0, heldUsd: 0 },
    0.050_000_001,
    '$0.02 of $0.02 left, and $0.050000001 is needed. That is more than the whole limit.',
  ],
  [
    'no amount where none was asked for',
    FULL,
    undefined,
    '$0.00 of $2.00 left. More may be spent from 2026-11-30T00:00:00.000Z on.',
  ],
  [
    'that completions under way are in the way',
    { spentUsd: 1.9, heldUsd: 0.05, unsettledUsd: 0.03 },
    0.1,
    '$0.02 of $2.00 left, and $0.10 is needed. Completions under way hold $0.08: try again once some of them have ended.',
  ],
  [
    'that completions under way hold everything',
    { spentUsd: 0, heldUsd: 2, remainingUsd: 0 },
    undefined,
    '$0.00 of $2.00 left. Completions under way hold $2.00: try again once some of them have ended.',
  ],
  [
    'no moment where nothing may ever be spent',
    { limitUsd: 0, spentUsd: 0, heldUsd: 0, remainingUsd: 0 },
    undefined,
    '$0.00 of $0.00 left.',
  ],
])('a refusal says %s', (_what, given, requiredUsd, says) => {
  expect(refusalText({ ...USAGE, ...given }, requiredUsd)).toBe(
    `The spend limit 'tenant per day' of this application has ${says} Nothing was sent to OpenRouter.`,
  );
});

const RESET = USAGE.resetsAt;
it.each<[string, Partial<SpendUsage>, number | undefined, number | undefined, Date | null]>([
  ['what was spent is in the way', {}, 0.05, undefined, RESET],
  ['one nano-dollar too much was spent', { spentUsd: 1.9 }, 0.100_000_001, undefined, RESET],
  ['only what is held is in the way', { spentUsd: 1.9 }, 0.1, 1_000, null],
  ['everything is spent', FULL, undefined, undefined, RESET],
  ['everything is held', { spentUsd: 0, heldUsd: 2 }, undefined, 1_000, null],
  ['everything is held for lost processes', { spentUsd: 0, heldUsd: 0, unsettledUsd: 2 }, 1, 1_000, null],
  ['it is above the whole limit', { spentUsd: 0, heldUsd: 2 }, 2.01, undefined, null],
  ['nothing may be spent', { limitUsd: 0, spentUsd: 0 }, undefined, undefined, null],
])('tells when to ask again where %s', (_what, given, requiredUsd, retryAfterMs, resetsAt) => {
  expect(refusalEnd({ ...USAGE, ...given }, requiredUsd)).toEqual({ retryAfterMs, resetsAt });
});
