import { types } from 'node:util';
import type { Account, Charge } from './account/account.js';
import { DEFAULT_MODEL, providerOf } from './account/models.js';
import { checkFields, checkInteger, checkUsd, refuse } from './sandbox-checks.js';

/** What {@link OpenRouterSandbox.spend} takes besides the amount. Each field may be left out or `undefined`. */
export interface SandboxSpend {
  /** Hash of the key that spends (SHA-256 of its text, in hex). Default: that of the sandbox's inference key. */
  keyHash?: string | undefined;
  /** Default `'openai/gpt-4.1'`. */
  model?: string | undefined;
  /** Name of the provider. Default: the one that the sandbox takes for that model. */
  provider?: string | undefined;
  /**
   * When it was spent: now or before. Default now. Spending of past days makes history for `GET /activity`, which
   * never shows today.
   */
  at?: Date | undefined;
  /** US dollars spent on the owner's own contract with a provider (BYOK); no credits are taken. Default 0. */
  byokUsd?: number | undefined;
  /** Number of completions. Default 1. */
  requests?: number | undefined;
  /** Tokens of all the requests. Default 0. */
  promptTokens?: number | undefined;
  /** Tokens of all the requests. Default 0. */
  completionTokens?: number | undefined;
  /** Tokens of all the requests. Default 0. */
  reasoningTokens?: number | undefined;
}

const WHERE = 'spend';

const FIELDS = [
  'keyHash',
  'model',
  'provider',
  'at',
  'byokUsd',
  'requests',
  'promptTokens',
  'completionTokens',
  'reasoningTokens',
] as const satisfies readonly (keyof SandboxSpend)[];

export function checkSpend(usd: unknown, spend: SandboxSpend, account: Account): Charge {
  checkFields(WHERE, spend, FIELDS);
  const { keyHash = account.firstKey.hash, model = DEFAULT_MODEL, at = new Date() } = spend;
  const key = account.keys.byHash(keyHash);
  if (key === undefined) refuse(WHERE, 'keyHash', 'the hash of an inference key of this account');
  if (!types.isDate(at) || !(at.getTime() <= Date.now())) refuse(WHERE, 'at', 'a Date, not in the future');
  return {
    key,
    usd: checkUsd(WHERE, 'usd', usd),
    byokUsd: checkUsd(WHERE, 'byokUsd', spend.byokUsd ?? 0),
    model: checkText('model', model),
    provider: checkText('provider', spend.provider ?? providerOf(model)),
    at,
    requests: checkCount('requests', spend.requests ?? 1),
    promptTokens: checkCount('promptTokens', spend.promptTokens ?? 0),
    completionTokens: checkCount('completionTokens', spend.completionTokens ?? 0),
    reasoningTokens: checkCount('reasoningTokens', spend.reasoningTokens ?? 0),
  };
}

function checkText(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') refuse(WHERE, field, 'a non-empty string');
  return value;
}

function checkCount(field: string, value: unknown): number {
  return checkInteger(WHERE, field, value, [0, Number.MAX_SAFE_INTEGER]);
}
