import { GUARDRAIL_SCOPES, type GuardrailScope } from './account/guardrails.js';
import { PERIODS, type Period } from './account/periods.js';
import {
  checkFields,
  type Fields,
  nonEmptyString,
  oneOf,
  refuse,
  required,
  secret,
  usd,
} from './check-fields.js';

/**
 * Whose spend counts for the budget of a guardrail.
 *
 * - `'workspace_default_member'`: the spend of each member with the keys of the default workspace.
 * - `'workspace_default_key'`: the spend of each key of the default workspace.
 * - `'member'`: the spend of the account's user with all keys.
 * - `'api_key'`: the spend of one key.
 */
export type SandboxGuardrailScope =
  'workspace_default_member' | 'workspace_default_key' | 'member' | 'api_key';

/** A budget that a guardrail sets, for {@link OpenRouterSandbox.addGuardrail} and the option `guardrails`. */
export interface SandboxGuardrail {
  /** Whose spend counts. */
  readonly scope: SandboxGuardrailScope;
  /** The limit for an interval, in USD. */
  readonly limitUsd: number;
  /** When it starts over: at UTC midnight, on Mondays, on the first, or never. Default `null`: never. */
  readonly resetInterval?: 'daily' | 'weekly' | 'monthly' | null | undefined;
  /** Whether spend on the owner's own contract with a provider counts. Default `false`. */
  readonly includeByok?: boolean | undefined;
  /** Hash of the key for the scope `'api_key'`. Default: the sandbox's inference key. */
  readonly keyHash?: string | undefined;
}

/** A budget with all defaults filled in. */
export interface CheckedGuardrail {
  readonly scope: GuardrailScope;
  readonly limitUsd: number;
  readonly resetInterval: Period | null;
  readonly includeByok: boolean;
  readonly keyHash: string;
}

const FIELDS: Fields<SandboxGuardrail> = {
  scope: required(oneOf(GUARDRAIL_SCOPES)),
  limitUsd: required(usd),
  resetInterval: oneOf([...PERIODS, null]),
  includeByok: oneOf([true, false]),
  keyHash: secret(nonEmptyString),
};

/** @param isKey - Whether a hash belongs to an inference key. */
export function checkGuardrail(
  where: string,
  guardrail: SandboxGuardrail,
  firstHash: string,
  isKey: (hash: string) => boolean,
): CheckedGuardrail {
  const {
    scope,
    limitUsd,
    resetInterval = null,
    includeByok = false,
    keyHash,
  } = checkFields(where, guardrail, FIELDS);
  if (keyHash !== undefined && scope !== 'api_key') {
    refuse(where, 'keyHash', "left out unless the scope is 'api_key'");
  }
  if (keyHash !== undefined && !isKey(keyHash)) {
    refuse(where, 'keyHash', 'the hash of an inference key of this account');
  }
  return { scope, limitUsd, resetInterval, includeByok, keyHash: keyHash ?? firstHash };
}
