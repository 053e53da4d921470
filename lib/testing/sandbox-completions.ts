import {
  type Checked,
  checkFields,
  type Fields,
  integer,
  isRecord,
  milliseconds,
  oneOf,
  refuse,
  usd,
} from './check-fields.js';
import type { SandboxRequest } from './sandbox-requests.js';

/**
 * How a stream is billed whose client leaves it, or whose connection is cut.
 *
 * - `'stops'`: the provider stops, and what was sent is billed: the share of the cost that its text chunks are of all
 *   text chunks, rounded half-up to whole nano-dollars. Nothing if no text was sent. So do most providers.
 * - `'full'`: the provider goes on, and the whole cost is billed. So do Amazon Bedrock, Google, Groq, Mistral and
 *   others.
 *
 * An answer in JSON is always billed in full, even if its client does not wait for it.
 */
export type SandboxCancelledBilling = 'stops' | 'full';

export const CANCELLED_BILLINGS: readonly SandboxCancelledBilling[] = ['stops', 'full'];

/** A request for a completion, as the function of {@link OpenRouterSandbox.onCompletion} gets it. */
export type SandboxCompletionRequest = Pick<SandboxRequest, 'path' | 'body' | 'headers'>;

/**
 * What becomes of a completion: the result of the function of {@link OpenRouterSandbox.onCompletion}. Each field may be
 * left out or `undefined`.
 */
export interface SandboxCompletion {
  /**
   * The cost in USD if the completion ends normally, rounded half-up to whole nano-dollars. Default: by the option
   * `completionCost`; 0 where `byokUsd` is given.
   */
  usd?: number | undefined;
  /** The number of text chunks of a stream, from 1, and of completion tokens of the answer. Default 5. */
  chunks?: number | undefined;
  /**
   * Milliseconds before each text chunk of a stream but the first. Default: the option `completionMs`, divided among
   * the chunks.
   */
  chunkDelayMs?: number | undefined;
  /**
   * Where the usage, with the cost, stands. `'last'`: at the end, in the last event of a stream. `'missing'`: nowhere.
   * `'null'`: the same place, as `null`. Default `'last'`, with two exceptions: an error has no usage, and a stream of
   * `/messages` no cost, unless you say `'last'`.
   */
  usage?: 'last' | 'missing' | 'null' | undefined;
  /**
   * The answer is an error after this many text chunks: an event of a stream, which then ends, or a body with status
   * 200. The chunks before it are billed: their share of the cost, as with the billing `'stops'`.
   */
  failAfter?: number | undefined;
  /**
   * The connection is cut once this many text chunks are sent, without an end. An answer in JSON is cut in the middle
   * of its body, whatever the number. Billed as if its client had left.
   */
  cutAfter?: number | undefined;
  /** OpenRouter's cache answers: no tokens, no `cost` in the usage, a bill of 0. Default `false`. */
  isCacheHit?: boolean | undefined;
  /**
   * The bill of the provider in USD, which the owner's own contract with it pays (BYOK). `usd` is then OpenRouter's
   * fee, and the only part that takes credits.
   */
  byokUsd?: number | undefined;
}

/** The function of {@link OpenRouterSandbox.onCompletion}. */
export type SandboxCompletionDecider = (request: SandboxCompletionRequest) => SandboxCompletion | undefined;

const WHERE = 'onCompletion';

const MAX_CHUNKS = 1_000_000;

const count = integer(0, MAX_CHUNKS);

const FIELDS: Fields<SandboxCompletion> = {
  usd,
  chunks: integer(1, MAX_CHUNKS),
  chunkDelayMs: milliseconds,
  usage: oneOf(['last', 'missing', 'null']),
  failAfter: count,
  cutAfter: count,
  isCacheHit: oneOf([true, false]),
  byokUsd: usd,
};

/** The number of text chunks, unless a decision says otherwise. */
export const DEFAULT_CHUNKS = 5;

/** @throws TypeError for anything but a function or `undefined`. */
export function checkDecider(decide: unknown): void {
  if (decide !== undefined && typeof decide !== 'function') {
    refuse(WHERE, 'decide', `a function, or undefined; got ${decide === null ? 'null' : typeof decide}`);
  }
}

/**
 * The decision about a request.
 *
 * @throws Whatever the function throws; TypeError for a decision with an unknown field or a wrong value.
 */
export function decisionOn(
  request: SandboxCompletionRequest,
  decide: SandboxCompletionDecider | undefined,
): Checked<SandboxCompletion> {
  const decided: unknown = decide?.(request);
  if (decided === undefined) return {};
  if (isRecord(decided) && typeof decided['then'] === 'function') {
    throw new TypeError(`${WHERE}: the function must return its decision; got a promise`);
  }
  const decision = checkFields(WHERE, decided as SandboxCompletion, FIELDS);
  const { chunks = DEFAULT_CHUNKS, failAfter, cutAfter } = decision;
  if (failAfter !== undefined && cutAfter !== undefined)
    refuse(WHERE, 'failAfter', 'left out with `cutAfter`');
  for (const field of ['failAfter', 'cutAfter'] as const) {
    const after = decision[field];
    if (after !== undefined && after > chunks) {
      refuse(WHERE, field, `at most \`chunks\`, which is ${chunks}; got ${after}`);
    }
  }
  if (decision.isCacheHit === true) {
    for (const field of ['usd', 'byokUsd'] as const) {
      if (decision[field] !== undefined)
        refuse(WHERE, field, 'left out with `isCacheHit`, which costs nothing');
    }
  }
  return decision;
}
