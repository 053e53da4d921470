import type { ExecutionContext } from '@nestjs/common';
import Big from 'big.js';
import type { BalanceSnapshot, LimitedBy } from '../contracts/balance-snapshot.models.js';
import { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import type { CreditsRequirement } from './credits-requirement.js';
import { publicAnswer } from './http-refusal.js';
import { InsufficientCreditsHttpException } from './insufficient-credits-http.exception.js';

/** The figures of an account at the time of a refusal. */
type KnownFigures = Pick<BalanceSnapshot, 'spendable' | 'balance' | 'keyLimitRemaining'> &
  Partial<Pick<BalanceSnapshot, 'limitedBy' | 'resetsAt'>>;

const SHORT = 'Not enough OpenRouter credits';
const UNKNOWN = 'It is not known whether there are enough OpenRouter credits';

/**
 * The exception for a refused request: how much is needed, how much is left, and which limit decides.
 *
 * @param figures - `undefined` if they could not be read.
 * @param cause - The reason why they could not be read.
 */
export function refusalOf(
  requirement: CreditsRequirement,
  figures: KnownFigures | undefined,
  cause?: unknown,
): OpenRouterInsufficientCreditsException {
  const { minimumUsd: required, account, status } = requirement;
  const spendable = figures?.spendable ?? null;
  const needed = required > 0 ? `at least ${exactUsd(required)}` : 'more than $0.00';
  const owner = account === undefined ? 'the account' : `account '${account}'`;
  const message =
    figures === undefined || spendable === null
      ? `${UNKNOWN}: ${needed} is needed, and what ${owner} has could not be read.`
      : `${SHORT}: ${needed} is needed, ${exactUsd(spendable)} is left of ${whatIsShort(figures)} of ${owner}${untilWhen(figures)}.`;
  return new OpenRouterInsufficientCreditsException({ message, required, spendable, status, cause });
}

/** All digits, unlike `formatUsd`: rounded, the amount left could look equal to the amount needed. */
function exactUsd(amount: number): string {
  const exact = new Big(amount).abs();
  const decimals = exact.toFixed().split('.')[1]?.length ?? 0;
  return `${amount < 0 ? '-' : ''}$${exact.toFixed(Math.max(2, decimals))}`;
}

const NAMES: Readonly<Record<LimitedBy, string>> = {
  balance: 'the balance',
  'key-limit': 'the limit of the API key',
  budget: 'a budget of the API key',
};

/** A test double of the service may leave out `limitedBy`. */
function whatIsShort({ limitedBy, balance, keyLimitRemaining }: KnownFigures): string {
  const isLimit = keyLimitRemaining !== null && (balance === null || keyLimitRemaining < balance);
  return NAMES[limitedBy ?? (isLimit ? 'key-limit' : 'balance')];
}

function untilWhen({ resetsAt }: KnownFigures): string {
  return resetsAt === undefined || resetsAt === null ? '' : `, which resets at ${resetsAt.toISOString()}`;
}

/** The exception to throw for a refusal: over HTTP and in GraphQL an `HttpException`, which needs no filter. */
export function refusalFor(
  context: ExecutionContext,
  refusal: OpenRouterInsufficientCreditsException,
): OpenRouterInsufficientCreditsException | InsufficientCreditsHttpException {
  const { status, code, required, spendable } = refusal;
  const message = `${spendable === null ? UNKNOWN : SHORT}.`;
  const answer = publicAnswer(context, status, { message, code, required });
  return answer === undefined ? refusal : new InsufficientCreditsHttpException(refusal, answer);
}
