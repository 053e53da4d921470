import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { findBalance } from '../application/account-lookup.js';
import type { BalanceService } from '../balance/balance.service.js';
import type { BalanceSnapshot } from '../contracts/balance-snapshot.models.js';
import type { BalanceGetOptions } from '../balance/balance.options.js';
import { TimedBalanceReader } from '../balance/timed-balance-reader.js';
import type { OpenRouterInsufficientCreditsException } from '../errors/client.exceptions.js';
import { isOpenRouterException } from '../errors/openrouter.exception.js';
import { refusalFor, refusalOf } from './credits-refusal.js';
import { type CreditsRequirement, isEnough } from './credits-requirement.js';
import { requirementsOf } from './requirement-metadata.js';

/** The longest wait of a request in the guard, even while OpenRouter does not answer. */
const MAX_WAIT_MS = 1_000;

/** The figures, or the reason why there are none. */
interface Reading {
  readonly figures?: BalanceSnapshot;
  readonly error?: unknown;
}

/**
 * Refuses requests while an account has too little money: less than the `@RequireCredits` of the handler or its
 * controller asks for, or without one, while nothing is left.
 *
 * `@RequireCredits()` applies it. You can also apply it with `@UseGuards(CreditsGuard)`, or to the whole application
 * with `{ provide: APP_GUARD, useClass: CreditsGuard }`, where `@SkipCreditsGuard()` makes exceptions. A subclass can
 * change how a request is refused: see {@link CreditsGuard.refuse}.
 *
 * The guard reads the balance in memory (`BalanceService.get()`), so a request costs no call to OpenRouter. Requests
 * wait for one shared reading, for at most a second, if there is no reading yet, if it is too old to be served, or if
 * it is older than `ttlMs` and would refuse the request. If none arrives in that second, the reading in memory counts;
 * without one, the spendable amount is unknown. The guard reserves nothing: requests that pass at the same time may
 * together spend more than there is.
 *
 * It throws
 * - an `OpenRouterInsufficientCreditsException` with `required` and `spendable` in US dollars, which
 *   `OpenRouterExceptionFilter` maps on every transport. Over HTTP and in GraphQL it is also an `HttpException`, with
 *   status 402 or the decorator's `status`, even without a filter. Its message and body contain no figures of the
 *   account;
 * - an `OpenRouterConfigException` if the application has no such account.
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

  /** @param modules - Looks up the accounts. Nest injects it; without injection, pass `app.get(ModuleRef)`. */
  constructor(@Inject(ModuleRef) modules: ModuleRef) {
    this.modules = modules;
  }

  /** Called by Nest. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirements = requirementsOf(context.getHandler(), context.getClass());
    // Concurrently, so that several accounts take no longer than one.
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
      this.logUnknown(requirement, reading.error);
    } else {
      this.unknown.delete(account);
    }
    return isRefused(spendable, requirement)
      ? refusalOf(requirement, reading.figures, reading.error)
      : undefined;
  }

  /**
   * The reading in memory. One older than `ttlMs` that would refuse is renewed: credits may have been bought. @internal
   */
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

  /** A reading, or the reason why there is none. @internal */
  private async readingOf(
    balance: BalanceService,
    withinMs: number,
    options?: BalanceGetOptions,
  ): Promise<Reading> {
    try {
      const figures = await this.reader.read(balance, withinMs, options);
      return figures === undefined ? { error: new Error('the reading took too long') } : { figures };
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

  /** Logs it once, until the amount is known again. @internal */
  private logUnknown({ account, onUnknown }: CreditsRequirement, error: unknown): void {
    if (this.unknown.has(account)) {
      return;
    }
    this.unknown.add(account);
    const reason = reasonOf(error);
    const what = account === undefined ? 'the default account' : `account '${account}'`;
    const effect = onUnknown === 'allow' ? 'let through' : 'refused';
    this.logger.warn(
      `The spendable amount of ${what} is unknown (${reason}). Requests are ${effect} until it is known.`,
    );
  }
}

/** @param spendable - `null` if it is unknown. */
function isRefused(spendable: number | null, requirement: CreditsRequirement): boolean {
  return spendable === null ? requirement.onUnknown === 'deny' : !isEnough(spendable, requirement);
}

/** Why the amount is unknown, for the log. */
function reasonOf(error: unknown): string {
  if (error === undefined) {
    return 'OpenRouter does not show it to this key; set a `managementKey`';
  }
  // The message of a foreign error may contain anything.
  return isOpenRouterException(error) ? `${error.code}: ${error.message}` : 'the reading failed';
}
