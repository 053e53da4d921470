import { createHash, randomBytes } from 'node:crypto';
import type { Period } from './periods.js';
import { toUnits } from './usd.js';
import { type UsageMeter, createUsageMeter } from './usage-meter.js';

/** The fields of a key that its owner may change later. */
export interface KeySettings {
  name: string;
  disabled: boolean;
  /** USD; `null`: no limit. */
  limit: number | null;
  /** When the limit starts over; `null`: never. */
  limitReset: Period | null;
  includeByokInLimit: boolean;
}

/** An inference key. Like the API, the sandbox does not store the key itself. */
export interface AccountKey extends KeySettings {
  /** SHA-256 of the key, in hex. */
  readonly hash: string;
  /** The masked key. */
  readonly label: string;
  readonly workspaceId: string;
  readonly creatorUserId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  updatedAt: Date | null;
  /** Deleted keys stay, because activity refers to them. */
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
  /** Also finds a deleted key. */
  byHash(hash: string): AccountKey | undefined;
  /** The keys that are not deleted, newest first. */
  list(): AccountKey[];
  /** All keys, including deleted ones, oldest first. */
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

/** A new key in OpenRouter's format. */
export function randomKey(): string {
  return `sk-or-v1-${randomBytes(32).toString('hex')}`;
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A key as it may be shown. */
export function mask(text: string): string {
  // The two ends of a short key would show all of it.
  return text.length > 24 ? `${text.slice(0, 12)}...${text.slice(-4)}` : `${text.slice(0, 3)}...`;
}

export function isUsable({ deleted, disabled, expiresAt }: AccountKey, now: Date): boolean {
  return !deleted && !disabled && (expiresAt === null || now < expiresAt);
}

/** The rest of a key's limit, below zero if it is overdrawn; `null` without a limit. */
export function limitRemaining(key: AccountKey, now: Date): bigint | null {
  return key.limit === null
    ? null
    : toUnits(key.limit) - spentIn(key, key.limitReset, key.includeByokInLimit, now);
}

/** The spend of the current period, or of all time for `null`. */
export function spentIn(
  { usage, byokUsage }: Pick<AccountKey, 'usage' | 'byokUsage'>,
  period: Period | null,
  includeByok: boolean,
  now: Date,
): bigint {
  return usage.sum(period, now) + (includeByok ? byokUsage.sum(period, now) : 0n);
}
