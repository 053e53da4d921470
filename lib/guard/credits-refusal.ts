import { STATUS_CODES } from 'node:http';
import { type ContextType, type ExecutionContext, HttpException } from '@nestjs/common';
import Big from 'big.js';
import type { BalanceFigures } from '../contracts/balance-figures.js';
import { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import type { CreditsRequirement } from './credits-requirement.js';

/** What is known of an account's money when a request is refused. */
type KnownFigures = Pick<BalanceFigures, 'spendable' | 'balance' | 'keyLimitRemaining'>;

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
  const { minimumUsd: required, account } = requirement;
  const spendable = figures?.spendable ?? null;
  const needed = required > 0 ? `at least ${exactUsd(required)}` : 'more than $0.00';
  const owner = account === undefined ? 'the account' : `account '${account}'`;
  const message =
    figures === undefined || spendable === null
      ? `It is not known whether there are enough OpenRouter credits: ${needed} is needed, and what ${owner} has ` +
        'could not be read.'
      : `Not enough OpenRouter credits: ${needed} is needed, ${exactUsd(spendable)} is left of ${whatIsShort(figures)} of ${owner}.`;
  return new OpenRouterInsufficientCreditsException({ message, required, spendable, cause });
}

/** All the digits, as opposed to `formatUsd`: rounded, what is left could look like what is needed. */
function exactUsd(amount: number): string {
  const exact = new Big(amount).abs();
  const decimals = exact.toFixed().split('.')[1]?.length ?? 0;
  return `${amount < 0 ? '-' : ''}$${exact.toFixed(Math.max(2, decimals))}`;
}

function whatIsShort({ balance, keyLimitRemaining }: KnownFigures): string {
  const isLimit = keyLimitRemaining !== null && (balance === null || keyLimitRemaining < balance);
  return isLimit ? 'the limit of the API key' : 'the balance';
}

/**
 * A refusal as the transport of the request carries it: an exception of Nest over HTTP and in GraphQL; elsewhere the
 * exception itself, since the exception of Nest would reach the caller as an internal error.
 */
export function refusalFor(
  context: ExecutionContext,
  refusal: OpenRouterInsufficientCreditsException,
  status: number,
): Error {
  const type = context.getType<ContextType | 'graphql'>();
  if (type !== 'http' && type !== 'graphql') {
    return refusal;
  }
  const { message, code, required, spendable } = refusal;
  const body = {
    statusCode: status,
    message,
    error: STATUS_CODES[status] ?? 'Error',
    code,
    required,
    spendable,
  };
  return new HttpException(body, status, { cause: refusal });
}
