import { types } from 'node:util';
import type { Account, Charge } from './account/account.js';
import { DEFAULT_MODEL, providerOf } from './account/models.js';
import {
  checkFields,
  checkValue,
  type Fields,
  integer,
  mustBe,
  nonEmptyString,
  refuse,
  secret,
  usd,
} from './check-fields.js';

/** The second argument of {@link OpenRouterSandbox.spend}. Each field may be left out or `undefined`. */
export interface SandboxSpend {
  /** Hash of the key that spends (its SHA-256 in hex). Default: the sandbox's inference key. */
  keyHash?: string | undefined;
  /** Default `'openai/gpt-4.1'`. */
  model?: string | undefined;
  /** Name of the provider. Default: the sandbox's provider for the model. */
  provider?: string | undefined;
  /**
   * The time of the spend, not in the future. Default now. Spend of past days gives `GET /activity`, which never shows
   * today, a history.
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

const count = integer(0, Number.MAX_SAFE_INTEGER);

const FIELDS: Fields<SandboxSpend> = {
  keyHash: secret(nonEmptyString),
  model: nonEmptyString,
  provider: nonEmptyString,
  at: mustBe('a Date, not in the future', (value) => types.isDate(value) && value.getTime() <= Date.now()),
  byokUsd: usd,
  requests: count,
  promptTokens: count,
  completionTokens: count,
  reasoningTokens: count,
};

export function checkSpend(amount: number, spend: SandboxSpend, account: Account): Charge {
  checkValue(WHERE, 'usd', amount, usd);
  const {
    keyHash = account.firstKey.hash,
    model = DEFAULT_MODEL,
    provider = providerOf(model),
    at = new Date(),
    byokUsd = 0,
    requests = 1,
    promptTokens = 0,
    completionTokens = 0,
    reasoningTokens = 0,
  } = checkFields(WHERE, spend, FIELDS);
  const key = account.keys.byHash(keyHash);
  if (key === undefined) refuse(WHERE, 'keyHash', 'the hash of an inference key of this account');
  return {
    key,
    usd: amount,
    byokUsd,
    model,
    provider,
    at,
    requests,
    promptTokens,
    completionTokens,
    reasoningTokens,
  };
}
