import { subtractUsd } from '../../money/usd.js';
import { isRecord, ownMember } from '../../untrusted/is-record.js';
import { tryParseJson } from '../../untrusted/json.js';
import type { BalanceReading } from './balance-snapshot.js';
import { jitterOf } from './freshness.js';
import { parseLimits } from './spending-limits.js';
import { MAX_DATE_MS } from './utc-days.js';

/** Must change whenever a reader of the old format would misread the new one. */
const VERSION = 1;

/** A reading, and what else the other processes need to know about it. */
export interface ReadingRecord {
  readonly reading: BalanceReading;
  /** How long the reading took from the start of its flight, in milliseconds. */
  readonly tookMs: number;
  /** The factor for `ttlMs`. It is shared, so that the reading is fresh for the same time in all processes. */
  readonly jitter: number;
}

/** Serialises a reading for the store. */
export function readingText({ reading, tookMs, jitter }: ReadingRecord): string {
  return JSON.stringify({ version: VERSION, ...reading, tookMs, jitter });
}

/** Parses a reading from a store; `undefined` if it is invalid, or of another version of the format. */
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
    // Written by an older version, which has no limits.
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
