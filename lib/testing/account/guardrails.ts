import { randomUUID } from 'node:crypto';
import type { AccountKey } from './keys.js';
import type { Period } from './periods.js';

/** In the order in which they are enforced. */
export const GUARDRAIL_SCOPES = [
  'workspace_default_member',
  'workspace_default_key',
  'member',
  'api_key',
] as const;

export type GuardrailScope = (typeof GUARDRAIL_SCOPES)[number];

/** The budget of a guardrail. */
export interface Guardrail {
  readonly id: string;
  readonly scope: GuardrailScope;
  readonly limitUsd: number;
  readonly resetInterval: Period | null;
  readonly includeByok: boolean;
  /** Hash of its key, with the scope `api_key`. */
  readonly keyHash: string;
}

export interface GuardrailStore {
  add(guardrail: Omit<Guardrail, 'id'>): void;
  clear(): void;
  /** In the order in which they are enforced. */
  list(): Guardrail[];
}

export function createGuardrailStore(first: readonly Omit<Guardrail, 'id'>[]): GuardrailStore {
  const guardrails: Guardrail[] = [];
  const add: GuardrailStore['add'] = (guardrail) => {
    guardrails.push({ ...guardrail, id: randomUUID() });
  };
  for (const guardrail of first) add(guardrail);
  return {
    add,
    clear: () => {
      guardrails.length = 0;
    },
    list: () => GUARDRAIL_SCOPES.flatMap((wanted) => guardrails.filter(({ scope }) => scope === wanted)),
  };
}

/** Whether a guardrail applies to a key. */
export function isAbout(
  { scope, keyHash }: Guardrail,
  key: AccountKey,
  { userId, workspaceId }: { readonly userId: string; readonly workspaceId: string },
): boolean {
  switch (scope) {
    case 'workspace_default_member':
    case 'workspace_default_key':
      return key.workspaceId === workspaceId;
    case 'member':
      return key.creatorUserId === userId;
    case 'api_key':
      return key.hash === keyHash;
  }
}

/** Whether the spend of another key counts for a key to which the guardrail applies. */
export function countsTogether(scope: GuardrailScope, key: AccountKey, other: AccountKey): boolean {
  switch (scope) {
    case 'workspace_default_member':
      return other.creatorUserId === key.creatorUserId && other.workspaceId === key.workspaceId;
    case 'member':
      return other.creatorUserId === key.creatorUserId;
    case 'workspace_default_key':
    case 'api_key':
      return other === key;
  }
}
