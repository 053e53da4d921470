import { subtractUsd } from '../../money/usd.js';
import { isRecord, ownMember } from '../../untrusted/is-record.js';
import { tryParseJson } from '../../untrusted/json.js';
import type { BalanceReading } from './balance-snapshot.js';
import { jitterOf } from './freshness.js';
import { parseLimits } from './spending-limits.js';
import { MAX_DATE_MS } from './utc-days.js';

/** Changes whenever a reader of the old form would misunderstand the new one. */
const VERSION = 1;

/** A reading with what else the other processes need to know of it. */
export interface ReadingRecord {
  readonly reading: BalanceReading;
  /** How long it took from the start of its flight, in milliseconds. */
  readonly tookMs: number;
  /** What `ttlMs` is multiplied with, so that all processes find it fresh for the same time. */
  readonly jitter: number;
}

/** A reading as the store keeps it. */
export function readingText({ reading, tookMs, jitter }: ReadingRecord): string {
  return JSON.stringify({ version: VERSION, ...reading, tookMs, jitter });
}

/** Reads what a store has kept; `undefined` if it is nothing that this version has written. */
export function parseReading(text: string): ReadingRecord | undefined {
  const record = tryParseJson(text);
  if (!isRecord(record) || ownMember(record, 'version') !== VERSION) {
    return undefined;
  }
  const credits = parseCredits(ownMember(record, 'credits'));
  const key = parseKey(ownMember(record, 'key'));
  const fetchedAt = numberIn(record, 'fetchedAt', -MAX_DATE_MS, MAX_DATE_MS);
  const tookMs = numberIn(record, 'tookMs', 0, MAX_DATE_MS);
  const jitter = numberIn(record, 'jitter', jitterOf(0), jitterOf(1));
  return credits === undefined ||
    key === undefined ||
    fetchedAt === undefined ||
    tookMs === undefined ||
    jitter === undefined
    ? undefined
    : { reading: { credits, key, fetchedAt }, tookMs, jitter };
}

function parseCredits(value: unknown): BalanceReading['credits'] | undefined {
  if (value === null || !isRecord(value)) {
    return value === null ? null : undefined;
  }
  const totalCredits = numberIn(value, 'totalCredits');
  const totalUsage = numberIn(value, 'totalUsage');
  const isWhole = totalCredits !== undefined && totalUsage !== undefined;
  return isWhole && Number.isFinite(subtractUsd(totalCredits, totalUsage))
    ? { totalCredits, totalUsage }
    : undefined;
}

function parseKey(value: unknown): BalanceReading['key'] | undefined {
  if (value === null || !isRecord(value)) {
    return value === null ? null : undefined;
  }
  const limitRemaining =
    ownMember(value, 'limitRemaining') === null ? null : numberIn(value, 'limitRemaining');
  if (limitRemaining === undefined) {
    return undefined;
  }
  const told = ownMember(value, 'limits');
  if (told === undefined) {
    // An older version has left none.
    return { limitRemaining };
  }
  const limits = parseLimits(told);
  return limits && { limitRemaining, limits, hasUnknown: ownMember(value, 'hasUnknown') !== false };
}

function numberIn(
  record: Readonly<Record<string, unknown>>,
  name: string,
  least = -Number.MAX_VALUE,
  most = Number.MAX_VALUE,
): number | undefined {
  const value = ownMember(record, name);
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}
