import { STATUS_CODES } from 'node:http';
import type { ContextType, ExecutionContext } from '@nestjs/common';
import Big from 'big.js';
import type { BalanceFigures, LimitedBy } from '../contracts/balance-figures.js';
import { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import type { CreditsRequirement } from './credits-requirement.js';
import { InsufficientCreditsHttpException } from './insufficient-credits-http.exception.js';

/** What is known of an account's money when a request is refused. */
type KnownFigures = Pick<BalanceFigures, 'spendable' | 'balance' | 'keyLimitRemaining'> &
  Partial<Pick<BalanceFigures, 'limitedBy' | 'resetsAt'>>;

const SHORT = 'Not enough OpenRouter credits';
const UNKNOWN = 'It is not known whether there are enough OpenRouter credits';

/**
 * Why a request is refused: what is needed, what is left, and of what.
 *
 * @param figures - `undefined` if there are none.
 * @param cause - Why there are none.
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

/** All the digits, as opposed to `formatUsd`: rounded, what is left could look like what is needed. */
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

/** What stands in for the service in a test need not say what limits. */
function whatIsShort({ limitedBy, balance, keyLimitRemaining }: KnownFigures): string {
  const isLimit = keyLimitRemaining !== null && (balance === null || keyLimitRemaining < balance);
  return NAMES[limitedBy ?? (isLimit ? 'key-limit' : 'balance')];
}

function untilWhen({ resetsAt }: KnownFigures): string {
  return resetsAt === undefined || resetsAt === null ? '' : `, which resets at ${resetsAt.toISOString()}`;
}

/**
 * A refusal as the transport of the request carries it: an exception of Nest's over HTTP and in GraphQL, so that it is
 * answered without a filter as well, and to anybody, hence without what the account has; elsewhere the refusal itself,
 * since an exception of Nest's would reach the caller as an internal error.
 */
export function refusalFor(
  context: ExecutionContext,
  refusal: OpenRouterInsufficientCreditsException,
): OpenRouterInsufficientCreditsException | InsufficientCreditsHttpException {
  const { status: statusCode, code, required, spendable } = refusal;
  const message = `${spendable === null ? UNKNOWN : SHORT}.`;
  const body = { message, error: STATUS_CODES[statusCode] ?? 'Error', code, required };
  switch (context.getType<ContextType | 'graphql'>()) {
    case 'http':
      return new InsufficientCreditsHttpException(refusal, { statusCode, ...body });
    case 'graphql': {
      // With a `statusCode` in the body, Nest's driver for Apollo puts a code of its own over this one.
      const extensions = { code, status: statusCode, originalError: { statusCode, ...body } };
      return new InsufficientCreditsHttpException(refusal, body, extensions);
    }
    default:
      return refusal;
  }
}
