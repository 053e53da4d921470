import { MAX_COUNTED_USD, toNanoUsd } from '../../money/nano-usd.js';
import { DEFAULT_SPEND_LIMITS } from '../../options/option-defaults.js';
import type { ResolvedSpendLimitsOptions, SpendHoldRequest } from '../../options/spend-limits-options.js';

/** What is learned is an upper bound for 95 of 100 completions; with a quarter more, for nearly all. */
const LEARNED_FACTOR = 1.25;

/** Something is always held, so that a limit of 0 refuses everything. */
const LEAST_NANO_USD = 1;

/** From what it is decided how much to hold. */
export interface HoldFacts {
  readonly request: SpendHoldRequest;
  /** US dollars that the call or the route states, already checked. */
  readonly explicitUsd: number | undefined;
  /** The 95th percentile of what completions of the model were billed, in nano-dollars. */
  readonly learnedNanoUsd: number | undefined;
}

/**
 * How much to hold for a completion, in nano-dollars. The first of these counts: what the call or the route states, the
 * function of the options, what was learned, the amount of the options.
 *
 * @param onFault - Called with a sentence about what is wrong: the function of the options fails or returns no amount, and
 *   has thus said nothing; or more than the maximum is wanted.
 */
export function holdNanoUsd(
  { holdUsd, maxHoldUsd }: Pick<ResolvedSpendLimitsOptions, 'holdUsd' | 'maxHoldUsd'>,
  { request, explicitUsd, learnedNanoUsd }: HoldFacts,
  onFault: (fault: string) => void,
): number {
  const most = toNanoUsd(maxHoldUsd);
  if (explicitUsd !== undefined && explicitUsd > maxHoldUsd) {
    onFault('a `holdUsd` is above `maxHoldUsd`, which is held instead');
  }
  const chosenUsd =
    explicitUsd ??
    (typeof holdUsd === 'function' ? askedUsd(holdUsd, request, maxHoldUsd, onFault) : undefined);
  if (chosenUsd !== undefined) {
    return Math.max(LEAST_NANO_USD, Math.min(toNanoUsd(chosenUsd), most));
  }
  const nanoUsd =
    learnedNanoUsd === undefined
      ? toNanoUsd(typeof holdUsd === 'number' ? holdUsd : DEFAULT_SPEND_LIMITS.holdUsd)
      : Math.ceil(learnedNanoUsd * LEARNED_FACTOR);
  return Math.max(LEAST_NANO_USD, Math.min(nanoUsd, most));
}

function askedUsd(
  holdUsd: (request: SpendHoldRequest) => number | undefined,
  request: SpendHoldRequest,
  maxHoldUsd: number,
  onFault: (fault: string) => void,
): number | undefined {
  try {
    const usd: unknown = holdUsd(request);
    if (usd === undefined || (typeof usd === 'number' && usd >= 0 && usd <= MAX_COUNTED_USD)) {
      if (usd !== undefined && usd > maxHoldUsd) {
        onFault('the function `holdUsd` returned more than `maxHoldUsd`, which is held instead');
      }
      return usd;
    }
    onFault(
      'the function `holdUsd` returned no amount, which is a number from 0 to 9 000 000, or `undefined` to leave it to ' +
        'what was learned',
    );
  } catch {
    onFault('the function `holdUsd` threw an error');
  }
  return undefined;
}
