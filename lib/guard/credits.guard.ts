import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { findBalance } from '../application/account-lookup.js';
import type { BalanceService } from '../balance/balance.service.js';
import type { BalanceSnapshot } from '../balance/balance.models.js';
import type { BalanceGetOptions } from '../balance/balance.options.js';
import { TimedBalanceReader } from '../balance/timed-balance-reader.js';
import type { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import { isOpenRouterException } from '../errors/openrouter.exception.js';
import { refusalFor, refusalOf } from './credits-refusal.js';
import { type CreditsRequirement, isEnough } from './credits-requirement.js';
import { requirementsOf } from './requirement-metadata.js';

/** Longer than this no request is held up by the guard, even while OpenRouter does not answer. */
const MAX_WAIT_MS = 1_000;

/** What is known, or why nothing is. */
interface Reading {
  readonly figures?: BalanceSnapshot;
  readonly error?: unknown;
}

/**
 * Refuses requests while there is too little money in an account: less than `@RequireCredits` says at the handler
 * or its controller; without it, while nothing is left.
 *
 * `@RequireCredits()` applies it. It can also be applied by `@UseGuards(CreditsGuard)`, or to the whole application by
 * `{ provide: APP_GUARD, useClass: CreditsGuard }`, where `@SkipCreditsGuard()` makes exceptions. A subclass decides by
 * {@link CreditsGuard.refuse} how a request is refused.
 *
 * It reads the balance that is in memory (`BalanceService.get()`), so a request costs no call to OpenRouter. Where
 * nothing is in memory yet, or it is too old to be served without a try, or it is older than `ttlMs` and the request
 * would be refused, requests wait together for one reading, a second at most; then what is in memory counts, and where
 * that is nothing, what is there is not known. It is no reservation: requests that are let through at the same time may
 * together spend more than there is.
 *
 * What it throws:
 * - An `OpenRouterInsufficientCreditsException` with `required` and `spendable` in US dollars, which
 *   `OpenRouterExceptionFilter` maps over every transport. Over HTTP and in GraphQL it is an `HttpException` as well: 402,
 *   or `status`, also without a filter, and with no figure of the account in its message and its body.
 * - An `OpenRouterConfigException` if the application has no such account.
 */
@Injectable()
export class CreditsGuard implements CanActivate {
  /** @internal */
  private readonly modules: ModuleRef;
  /** @internal */
  private readonly balances = new Map<string | undefined, BalanceService>();
  /** @internal */
  private readonly reader = new TimedBalanceReader();
  /** @internal */
  private readonly unknown = new Set<string | undefined>();
  /** @internal */
  private readonly logger = new Logger('CreditsGuard');

  /** @param modules - Where the accounts are looked up. Nest's injector gives it; by hand it is `app.get(ModuleRef)`. */
  constructor(@Inject(ModuleRef) modules: ModuleRef) {
    this.modules = modules;
  }

  /** Called by Nest. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirements = requirementsOf(context.getHandler(), context.getClass());
    // All at the same time, so that several accounts are waited for no longer than one.
    const checks = await Promise.allSettled(requirements.map((requirement) => this.check(requirement)));
    for (const check of checks) {
      if (check.status === 'rejected') {
        throw check.reason;
      }
      if (check.value !== undefined) {
        await this.refuse(context, check.value);
      }
    }
    return true;
  }

  /**
   * Refuses a request by throwing. Override it to throw another exception, or to do something first.
   *
   * It is called for each requirement of the route that is not met, one after the other, until it throws. Where it
   * returns, the request goes on to the next guard. On a route with `@RequireCredits` that is a plain `CreditsGuard`,
   * applied by the decorator; an application-wide guard runs before it.
   *
   * @param context - The request.
   * @param refusal - What the route needs, what can be spent, both in US dollars, and the status that the decorator
   * asks for. Its message contains figures of the account: it is for the log, not for the client.
   * @throws By default an `OpenRouterInsufficientCreditsException`, which over HTTP and in GraphQL is also an
   * `HttpException` without figures.
   *
   * @example
   * ```ts
   * class BillingGuard extends CreditsGuard {
   *   protected override refuse(context: ExecutionContext, refusal: OpenRouterInsufficientCreditsException): never {
   *     throw new HttpException({ message: 'Please top up.', required: refusal.required }, 402);
   *   }
   * }
   * ```
   */
  protected refuse(
    context: ExecutionContext,
    refusal: OpenRouterInsufficientCreditsException,
  ): void | Promise<void> {
    throw refusalFor(context, refusal);
  }

  /** The refusal of a requirement that is not met. @internal */
  private async check(
    requirement: CreditsRequirement,
  ): Promise<OpenRouterInsufficientCreditsException | undefined> {
    const { account } = requirement;
    const reading = await this.readingFor(requirement);
    const spendable = reading.figures?.spendable ?? null;
    if (spendable === null) {
      this.tellUnknown(requirement, reading.error);
    } else {
      this.unknown.delete(account);
    }
    return isRefused(spendable, requirement)
      ? refusalOf(requirement, reading.figures, reading.error)
      : undefined;
  }

  /** The reading at hand, unless it is older than `ttlMs` and would refuse: money may have been added since. @internal */
  private async readingFor(requirement: CreditsRequirement): Promise<Reading> {
    const balance = this.balanceOf(requirement.account);
    const until = performance.now() + MAX_WAIT_MS;
    const leftMs = (): number => Math.max(0, until - performance.now());
    const reading = await this.readingOf(balance, leftMs());
    if (reading.figures === undefined || !isRefused(reading.figures.spendable, requirement)) {
      return reading;
    }
    const newer = await this.readingOf(balance, leftMs(), { maxAgeMs: balance.ttlMs });
    return newer.figures === undefined ? this.readingOf(balance, leftMs()) : newer;
  }

  /** A reading, or why there is none. @internal */
  private async readingOf(
    balance: BalanceService,
    withinMs: number,
    options?: BalanceGetOptions,
  ): Promise<Reading> {
    try {
      const figures = await this.reader.read(balance, withinMs, options);
      return figures === undefined ? { error: new Error('the reading takes too long') } : { figures };
    } catch (error) {
      return { error };
    }
  }

  /** @internal */
  private balanceOf(account: string | undefined): BalanceService {
    let balance = this.balances.get(account);
    if (balance === undefined) {
      balance = findBalance(this.modules, account, '@RequireCredits');
      this.balances.set(account, balance);
    }
    return balance;
  }

  /** Once, not for every request, until something is known again. @internal */
  private tellUnknown({ account, onUnknown }: CreditsRequirement, error: unknown): void {
    if (this.unknown.has(account)) {
      return;
    }
    this.unknown.add(account);
    const reason = reasonOf(error);
    const what = account === undefined ? 'the default account' : `account '${account}'`;
    const effect = onUnknown === 'allow' ? 'let through' : 'refused';
    this.logger.warn(`It is not known what ${what} has (${reason}). Requests are ${effect} until it is.`);
  }
}

/** `spendable`: `null` if it is not known. */
function isRefused(spendable: number | null, requirement: CreditsRequirement): boolean {
  return spendable === null ? requirement.onUnknown === 'deny' : !isEnough(spendable, requirement);
}

/** Why nothing is known, in words for the log. */
function reasonOf(error: unknown): string {
  if (error === undefined) {
    return 'OpenRouter does not tell it to this key; a `managementKey` may know';
  }
  // What is none of ours may have anything in its message.
  return isOpenRouterException(error) ? `${error.code}: ${error.message}` : 'the reading failed';
}
