import type { Account } from './account/account.js';
import { type AccountKey, hashOf, isUsable } from './account/keys.js';

/** The caller, identified by the key in the `Authorization` header. */
export type SandboxCaller =
  { readonly kind: 'none' | 'unknown' | 'management' } | { readonly kind: 'api'; readonly key: AccountKey };

export function identifyCaller(authorization: string | undefined, account: Account): SandboxCaller {
  const text = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (text === undefined) return { kind: 'none' };
  if (account.isManagementKey(text)) return { kind: 'management' };
  const key = account.keys.byHash(hashOf(text));
  return key !== undefined && isUsable(key, new Date()) ? { kind: 'api', key } : { kind: 'unknown' };
}

export function isKnown({ kind }: SandboxCaller): boolean {
  return kind === 'api' || kind === 'management';
}
