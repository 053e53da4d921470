import { createHash, randomBytes } from 'node:crypto';
import type { Period } from './periods.js';
import { toUnits } from './usd.js';
import { type UsageMeter, createUsageMeter } from './usage-meter.js';

/** What a key's owner may change later. */
export interface KeySettings {
  name: string;
  disabled: boolean;
  /** USD; `null`: no limit. */
  limit: number | null;
  /** When the limit starts over; `null`: never. */
  limitReset: Period | null;
  includeByokInLimit: boolean;
}

/** An inference key. Its text is not kept, as the API does not keep it. */
export interface AccountKey extends KeySettings {
  /** SHA-256 of the key's text, in hex. */
  readonly hash: string;
  /** The key's text, masked. */
  readonly label: string;
  readonly workspaceId: string;
  readonly creatorUserId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  updatedAt: Date | null;
  /** Deleted keys stay here for the activity that names them. */
  deleted: boolean;
  /** Spend in the account's credits. */
  readonly usage: UsageMeter;
  /** Spend on the owner's own contract with a provider. */
  readonly byokUsage: UsageMeter;
}

export type NewKey = KeySettings &
  Pick<AccountKey, 'workspaceId' | 'creatorUserId' | 'expiresAt'> & { readonly text: string };

export interface KeyStore {
  create(key: NewKey): AccountKey;
  /** Also a deleted key. */
  byHash(hash: string): AccountKey | undefined;
  /** Those that are not deleted, the newest first. */
  list(): AccountKey[];
  /** Those that are deleted, too, the oldest first. */
  all(): Iterable<AccountKey>;
}

export function createKeyStore(): KeyStore {
  const keys = new Map<string, AccountKey>();
  return {
    create: ({ text, ...settings }) => {
      const key: AccountKey = {
        ...settings,
        hash: hashOf(text),
        label: mask(text),
        createdAt: new Date(),
        updatedAt: null,
        deleted: false,
        usage: createUsageMeter(),
        byokUsage: createUsageMeter(),
      };
      keys.set(key.hash, key);
      return key;
    },
    byHash: (hash) => keys.get(hash),
    list: () => [...keys.values()].filter(({ deleted }) => !deleted).reverse(),
    all: () => keys.values(),
  };
}

/** The text of a new key, in OpenRouter's format. */
export function randomKey(): string {
  return `sk-or-v1-${randomBytes(32).toString('hex')}`;
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A key as it may be shown. */
export function mask(text: string): string {
  // A short key of the user's own choosing would show in full between the two ends.
  return text.length > 24 ? `${text.slice(0, 12)}...${text.slice(-4)}` : `${text.slice(0, 3)}...`;
}

export function isUsable({ deleted, disabled, expiresAt }: AccountKey, now: Date): boolean {
  return !deleted && !disabled && (expiresAt === null || now < expiresAt);
}

/** What is left of a key's limit, below zero once it was overdrawn; `null` without a limit. */
export function limitRemaining(key: AccountKey, now: Date): bigint | null {
  return key.limit === null
    ? null
    : toUnits(key.limit) - spentIn(key, key.limitReset, key.includeByokInLimit, now);
}

/** What was spent in the current period, or in all time for `null`. */
export function spentIn(
  { usage, byokUsage }: Pick<AccountKey, 'usage' | 'byokUsage'>,
  period: Period | null,
  includeByok: boolean,
  now: Date,
): bigint {
  return usage.sum(period, now) + (includeByok ? byokUsage.sum(period, now) : 0n);
}
