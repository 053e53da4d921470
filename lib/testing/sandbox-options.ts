import { hashOf, randomKey } from './account/keys.js';
import {
  type Check,
  checkFields,
  type Fields,
  integer,
  isRecord,
  milliseconds,
  mustBe,
  oneOf,
  refuse,
  required,
  secret,
  usd,
} from './check-fields.js';
import { CANCELLED_BILLINGS, type SandboxCancelledBilling } from './sandbox-completions.js';
import { type CheckedGuardrail, type SandboxGuardrail, checkGuardrail } from './sandbox-guardrails.js';

/**
 * The behaviour of `POST /credits/coinbase`.
 *
 * - `'gone'`: 410 with or without a key, as the live API has answered since April 2026 (OpenAPI document).
 * - `'onchain'`: the charge that the API returned before: call data for a payment contract, no payment page.
 *   Needs a key and the fields `amount`, `sender` and `chain_id`.
 * - `'hosted'`: a Coinbase Commerce charge with a payment page, which several client libraries still expect.
 *   Needs a key and `amount`; `sender` and `chain_id` may be left out.
 */
export type SandboxCoinbaseMode = 'gone' | 'onchain' | 'hosted';

/**
 * The answer of `GET /credits` to an inference key. All three have been reported from the live API.
 *
 * - `'forbidden'`: 403, as the OpenAPI document says.
 * - `'zeros'`: 200 with both totals 0, whatever the account holds.
 * - `'real'`: 200 with the account's totals.
 */
export type SandboxInferenceKeyCredits = 'forbidden' | 'zeros' | 'real';

/** When the spending limit of a key starts over: at UTC midnight, on Mondays, on the first, or never (`null`). */
export type SandboxLimitReset = 'daily' | 'weekly' | 'monthly' | null;

/** The account's totals in US dollars. Its balance is the difference, which may be negative. */
export interface SandboxCredits {
  /** All credits ever bought, in USD. */
  readonly totalCredits: number;
  /** All credits ever used, in USD. May exceed `totalCredits`. */
  readonly totalUsage: number;
}

/** Options of {@link OpenRouterSandbox.start}; each may be left out or `undefined`. */
export interface OpenRouterSandboxOptions {
  /** TCP port on 127.0.0.1. Default `0`: any free one. */
  port?: number | undefined;
  /** The totals at the start. Default 100.50 USD bought and 25.75 USD used: a balance of 74.75 USD. */
  credits?: SandboxCredits | undefined;
  /** How `POST /credits/coinbase` behaves. Default `'gone'`. */
  coinbase?: SandboxCoinbaseMode | undefined;
  /** The answer of `GET /credits` to an inference key. Default `'forbidden'`. */
  inferenceKeyCredits?: SandboxInferenceKeyCredits | undefined;
  /** The inference key. Default: a random one in OpenRouter's format, new for each sandbox. */
  apiKey?: string | undefined;
  /** The management key. Default: a random one in OpenRouter's format, new for each sandbox. */
  managementKey?: string | undefined;
  /** Spending limit of the inference key in USD. Default `null`: none. */
  keyLimit?: number | null | undefined;
  /** When that limit starts over. Default `null`: never. */
  keyLimitReset?: SandboxLimitReset | undefined;
  /** Budgets that guardrails set above the inference key. Default: none. */
  guardrails?: readonly SandboxGuardrail[] | undefined;
  /**
   * The status for completions of a key that has used up its limit; the live API has been seen to use both. Default
   * 403, `Key limit exceeded (…)`; 402 says `You requested up to …` and contains `limit_source`.
   */
  keyLimitStatus?: 402 | 403 | undefined;
  /**
   * The cost of each completion in USD, whatever its model and length, rounded half-up to whole nano-dollars.
   * `'by-model'`: the price of the model for the tokens of prompt and answer, from a small table; free for models that
   * end in `:free`. `usd` of {@link OpenRouterSandbox.onCompletion} replaces both. Default 0.0015.
   */
  completionCost?: number | 'by-model' | undefined;
  /**
   * How long each completion takes, in milliseconds, after {@link OpenRouterSandbox.latencyMs}; a stream sends its
   * chunks over that time. Completions that run at the same time may together spend more than there is, since each is
   * charged when it ends. Default 0.
   */
  completionMs?: number | undefined;
  /**
   * How many times `GET /generation` answers 404 for a completion before it finds it, as the live API does for a
   * while. Default 1.
   */
  generationMisses?: number | undefined;
  /** The initial value of {@link OpenRouterSandbox.generationDelayMs}. Default 0. */
  generationDelayMs?: number | undefined;
  /** The initial value of {@link OpenRouterSandbox.cancelledBilling}. Default `'stops'`. */
  cancelledBilling?: SandboxCancelledBilling | undefined;
  /** The initial value of {@link OpenRouterSandbox.latencyMs}. Default 0. */
  latencyMs?: number | undefined;
}

/** Options with all defaults filled in. */
export interface ResolvedSandboxOptions {
  readonly port: number;
  readonly credits: SandboxCredits;
  readonly coinbase: SandboxCoinbaseMode;
  readonly inferenceKeyCredits: SandboxInferenceKeyCredits;
  readonly apiKey: string;
  readonly managementKey: string;
  readonly keyLimit: number | null;
  readonly keyLimitReset: SandboxLimitReset;
  readonly guardrails: readonly CheckedGuardrail[];
  readonly keyLimitStatus: 402 | 403;
  readonly completionCost: number | 'by-model';
  readonly completionMs: number;
  readonly generationMisses: number;
  readonly generationDelayMs: number;
  readonly cancelledBilling: SandboxCancelledBilling;
  readonly latencyMs: number;
}

const COINBASE_MODES: readonly SandboxCoinbaseMode[] = ['gone', 'onchain', 'hosted'];
const INFERENCE_KEY_CREDITS: readonly SandboxInferenceKeyCredits[] = ['forbidden', 'zeros', 'real'];
const LIMIT_RESETS: readonly SandboxLimitReset[] = ['daily', 'weekly', 'monthly', null];

const WHERE = 'OpenRouterSandbox.start';

/** A header cannot carry a key with a space or a control character. */
const key = secret(
  mustBe(
    'a non-empty string of visible ASCII characters',
    (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
  ),
);

const completionCost: Check = (value) => {
  const mustBe = value === 'by-model' ? undefined : usd(value);
  return mustBe && `${mustBe}, or 'by-model'`;
};

const CREDITS_FIELDS: Fields<SandboxCredits> = { totalCredits: required(usd), totalUsage: required(usd) };

const FIELDS: Fields<OpenRouterSandboxOptions> = {
  port: integer(0, 65_535),
  credits: mustBe('an object with `totalCredits` and `totalUsage`', isRecord),
  coinbase: oneOf(COINBASE_MODES),
  inferenceKeyCredits: oneOf(INFERENCE_KEY_CREDITS),
  apiKey: key,
  managementKey: key,
  keyLimit: (value) => (value === null ? undefined : usd(value)),
  keyLimitReset: oneOf(LIMIT_RESETS),
  guardrails: mustBe('a list of budgets', Array.isArray),
  keyLimitStatus: oneOf([402, 403]),
  completionCost,
  completionMs: milliseconds,
  generationMisses: integer(0, 1_000_000),
  generationDelayMs: milliseconds,
  cancelledBilling: oneOf(CANCELLED_BILLINGS),
  latencyMs: milliseconds,
};

/** The keys have no defaults here: each sandbox has new ones. */
export const DEFAULT_OPTIONS: Readonly<Omit<ResolvedSandboxOptions, 'apiKey' | 'managementKey'>> = {
  port: 0,
  credits: { totalCredits: 100.5, totalUsage: 25.75 },
  coinbase: 'gone',
  inferenceKeyCredits: 'forbidden',
  keyLimit: null,
  keyLimitReset: null,
  guardrails: [],
  keyLimitStatus: 403,
  completionCost: 0.0015,
  completionMs: 0,
  generationMisses: 1,
  generationDelayMs: 0,
  cancelledBilling: 'stops',
  latencyMs: 0,
};

export function resolveOptions(options: OpenRouterSandboxOptions): ResolvedSandboxOptions {
  const given = checkFields(WHERE, options, FIELDS);
  const { apiKey = randomKey(), managementKey = randomKey(), guardrails = [] } = given;
  if (apiKey === managementKey) refuse(WHERE, 'managementKey', 'another key than `apiKey`');
  const firstHash = hashOf(apiKey);
  return {
    ...DEFAULT_OPTIONS,
    ...given,
    ...(given.credits && { credits: checkFields(WHERE, given.credits, CREDITS_FIELDS, 'credits.') }),
    apiKey,
    managementKey,
    guardrails: guardrails.map((guardrail, index) =>
      checkGuardrail(`${WHERE}: guardrails[${index}]`, guardrail, firstHash, (hash) => hash === firstHash),
    ),
  };
}
