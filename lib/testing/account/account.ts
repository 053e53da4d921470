import { randomBytes } from 'node:crypto';
import type { ResolvedSandboxOptions, SandboxCredits } from '../sandbox-options.js';
import { type AccountKey, type KeyStore, createKeyStore, hashOf, mask } from './keys.js';
import { dayOf } from './periods.js';
import { toUnits, toUsd } from './usd.js';
import { type WorkspaceStore, createWorkspaceStore } from './workspaces.js';

/** What one or more completions cost, and whose key made them. */
export interface Charge {
  readonly key: AccountKey;
  readonly usd: number;
  readonly byokUsd: number;
  readonly at: Date;
}

/** The account's state. Everything that is spent goes through {@link Account.charge}, so that all totals agree. */
export interface Account {
  readonly userId: string;
  readonly keys: KeyStore;
  readonly workspaces: WorkspaceStore;
  /** The inference key that the account starts with. */
  readonly firstKey: AccountKey;
  isManagementKey(text: string): boolean;
  /** The management key, masked. */
  readonly managementLabel: string;
  credits(): SandboxCredits;
  charge(charge: Charge): void;
  topUp(usd: number): void;
}

export function createAccount(options: ResolvedSandboxOptions): Account {
  // What the account used before belongs to keys of the past: a fresh key has its whole limit left.
  let used = toUnits(options.credits.totalUsage);
  let bought = toUnits(options.credits.totalCredits);
  const managementHash = hashOf(options.managementKey);
  const userId = `user_${randomBytes(14).toString('hex').slice(1)}`;
  const workspaces = createWorkspaceStore();
  const keys = createKeyStore();
  const firstKey = keys.create({
    text: options.apiKey,
    name: 'Sandbox key',
    disabled: false,
    limit: options.keyLimit,
    limitReset: options.keyLimitReset,
    includeByokInLimit: false,
    workspaceId: workspaces.default.id,
    creatorUserId: userId,
    expiresAt: null,
  });

  return {
    userId,
    keys,
    workspaces,
    firstKey,
    isManagementKey: (text) => hashOf(text) === managementHash,
    managementLabel: mask(options.managementKey),
    credits: () => ({ totalCredits: toUsd(bought), totalUsage: toUsd(used) }),
    charge: ({ key, usd, byokUsd, at }) => {
      const [units, byok, day] = [toUnits(usd), toUnits(byokUsd), dayOf(at)];
      used += units;
      key.usage.add(units, day);
      key.byokUsage.add(byok, day);
    },
    topUp: (usd) => {
      bought += toUnits(usd);
    },
  };
}
