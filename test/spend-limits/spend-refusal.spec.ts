import { expect, it } from '@jest/globals';
import type { SpendUsage } from '../../lib/index.js';
import { refusalText } from '../../lib/spend-limits/spend-refusal.js';

const USAGE: SpendUsage = {
  rule: 'tenant per day',
  subject: { tenant: 'acme' },
  period: 'day',
  from: new Date('2026-11-29T00:00:00Z'),
  resetsAt: new Date('2026-11-30T00:00:00Z'),
  limitUsd: 2,
  spentUsd: 1.9,
  heldUsd: 0.08,
  unsettledUsd: 0,
  remainingUsd: 0.02,
};

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
    { remainingUsd: 0 },
    undefined,
    '$0.00 of $2.00 left. More may be spent from 2026-11-30T00:00:00.000Z on.',
  ],
])('a refusal says %s', (_what, given, requiredUsd, says) => {
  expect(refusalText({ ...USAGE, ...given }, requiredUsd)).toBe(
    `The spend limit 'tenant per day' of this application has ${says} Nothing was sent to OpenRouter.`,
  );
});
