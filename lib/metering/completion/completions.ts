import { AsyncLocalStorage } from 'node:async_hooks';
import { type Observable, Subject } from 'rxjs';
import type { Account } from '../../account/account.js';
import { within } from '../../async/bounded-waits.js';
import { type Clock, SYSTEM_CLOCK } from '../../async/clock.js';
import type { BalanceService } from '../../balance/balance.service.js';
import type { CompletionCost } from '../../contracts/completion-cost.js';
import type { HeldSpend } from '../../spend-limits/reservations/held-spend.js';
import { usageOfGeneration } from '../../generations/generation-usage.js';
import type { GenerationsService } from '../../generations/generations.service.js';
import type { ResolvedMeteringOptions } from '../../options/openrouter-options.js';
import type { OpenSpendLimits } from '../../spend-limits/open-spend-limits.js';
import { logWarning } from '../../untrusted/log-warning.js';
import { BalanceFeed } from './balance-feed.js';
import { CompletionHolds } from './completion-holds.js';
import { FollowedCompletion } from './followed-completion.js';
import { GenerationLookups } from './generation-lookups.js';
import type {
  CompletionDesk,
  CompletionRefusal,
  CompletionRequest,
  OpenCompletion,
} from './open-completion.js';
import { costOfRecorded, RecordedCosts, type RecordedCost } from './recorded-costs.js';
import { SettledWaits } from './settled-waits.js';
import { unattributed } from './unattributed.js';
import { unknownCosts } from './unknown-costs.js';

export interface CompletionsParts {
  readonly account: Pick<Account, 'instrumentation' | 'keys' | 'onClose'>;
  readonly generations: Pick<GenerationsService, 'get'>;
  readonly balance: Pick<BalanceService, 'recordSpend' | 'reportError'>;
  readonly options: ResolvedMeteringOptions;
  /** The spend limits of the account. @defaultValue nothing is limited */
  readonly limits?: OpenSpendLimits | undefined;
  /** Whether a key is one of another account of the application. @defaultValue none is */
  readonly isOfOtherAccount?: ((keyHash: string) => boolean) | undefined;
  /** @defaultValue {@link SYSTEM_CLOCK} */
  readonly clock?: Clock;
}

/**
 * The completions of an account: follows each one until its cost is decided, and announces the cost once, to the balance,
 * the instrumentation and `costs$`.
 */
export class Completions implements CompletionDesk {
  /** Each cost once, when it is known or given up. Never errors, replays nothing, completes when the account closes. */
  readonly costs$: Observable<CompletionCost>;

  readonly #parts: CompletionsParts;
  readonly #clock: Clock;
  readonly #costs = new Subject<CompletionCost>();
  readonly #feed: BalanceFeed;
  readonly #lookups: GenerationLookups<FollowedCompletion>;
  readonly #holds: CompletionHolds | undefined;
  readonly #recorded = new RecordedCosts();
  #isClosing = false;
  /** How many completions wait for their reservation. */
  #admitting = 0;
  /** Completions whose answer is not over. */
  readonly #open = new Set<FollowedCompletion>();
  readonly #waits: SettledWaits;
  /** When the shutdown waits no longer, by the monotonic clock; `undefined` before it. */
  #drainedBy: number | undefined;

  constructor(parts: CompletionsParts) {
    const { account, balance, generations, isOfOtherAccount, limits, options, clock = SYSTEM_CLOCK } = parts;
    this.#parts = parts;
    this.#clock = clock;
    this.costs$ = this.#costs.asObservable();
    this.#waits = new SettledWaits(
      () => this.isSettled,
      (text) => account.keys.scrub(text),
    );
    this.#feed = new BalanceFeed({
      account,
      balance,
      clock,
      isOfOtherAccount: isOfOtherAccount ?? (() => false),
    });
    this.#lookups = new GenerationLookups({
      generations,
      delaysMs: options.lookupDelaysMs,
      clock,
      onFound: (completion, generation) => completion.found(usageOfGeneration(generation, options.byok)),
      onGivenUp: (completion) => completion.giveUp(),
      onQuiet: () => this.#waits.look(),
      onOverflow: (maxWaiting) =>
        logWarning(
          `metering: more than ${maxWaiting} completions wait for \`GET /generation\`; the cost of the oldest is given ` +
            'up as unknown. This is logged once.',
        ),
    });
    this.#holds = limits && new CompletionHolds(limits, (text) => account.keys.scrub(text));
    limits?.onQuiet(() => this.#waits.look());
    limits?.found$.subscribe((cost) => this.#announceFound(cost));
    account.onClose(() => this.close());
  }

  /** Follows a completion, or refuses it: for want of a scope (`onUnattributed`), or because of a spend limit. */
  open(
    request: CompletionRequest,
  ): OpenCompletion | CompletionRefusal | Promise<OpenCompletion | CompletionRefusal> {
    const { options, limits } = this.#parts;
    const { scope } = request;
    const isKnown = limits === undefined ? scope !== undefined : limits.rules.isAttributed(scope);
    if (options.onUnattributed === 'refuse' && !isKnown) {
      return unattributed(scope, limits?.rules.names ?? []);
    }
    return this.#holds === undefined ? this.#follow(request) : this.#admit(request, this.#holds);
  }

  async #admit(
    request: CompletionRequest,
    holds: CompletionHolds,
  ): Promise<OpenCompletion | CompletionRefusal> {
    this.#admitting += 1;
    try {
      const admission = await holds.admit(request);
      if (!('refusal' in admission)) {
        return this.#follow(request, admission);
      }
      const { refusal, usage } = admission;
      if (usage !== undefined) {
        this.#parts.account.instrumentation.refusal(usage);
      }
      return refusal;
    } finally {
      this.#admitting -= 1;
      this.#waits.look();
    }
  }

  #follow(
    request: CompletionRequest,
    admission?: { readonly id: string; readonly held: HeldSpend | undefined },
  ): FollowedCompletion {
    const { account } = this.#parts;
    const completion = new FollowedCompletion(request, this.#listener, {
      clock: this.#clock,
      inContext: account.instrumentation.wantsCosts ? AsyncLocalStorage.snapshot() : call,
      ...admission,
    });
    this.#open.add(completion);
    return completion;
  }

  /**
   * Announces a cost that no request of this process has caused.
   *
   * @returns The cost; for an id that has counted before, by a record or as the generation of a metered completion, the
   * cost of that time, which is not announced again.
   */
  record(recorded: RecordedCost): CompletionCost {
    const known = this.#recorded.find(recorded.id);
    if (known !== undefined) {
      return known;
    }
    const cost = costOfRecorded(recorded, this.#clock.wallNow());
    this.#recorded.add(recorded.id, cost);
    guard(() => this.#feed.record(recorded.usd));
    this.#holds?.book(cost);
    this.#announce(cost, call);
    return cost;
  }

  /**
   * Waits until every answer is over, every look-up has either succeeded or passed its steps of up to 15 seconds, and the
   * store of the spend limits has every bill.
   *
   * @throws `OpenRouterAbortException` if the signal is aborted.
   */
  settled(signal?: AbortSignal): Promise<void> {
    return this.#waits.wait(signal);
  }

  /**
   * Waits at most `shutdownMs` until everything is settled, however often it is called: Nest ends an account as a
   * provider, and as a part of the application. From now on, `/generation` is asked without the delays of the ladder, and
   * also for answers that are not over, since nobody may ever read them.
   */
  async drain(): Promise<void> {
    const now = this.#clock.now();
    this.#drainedBy ??= now + this.#parts.options.shutdownMs;
    for (const completion of this.#open) {
      this.#askEarly(completion);
    }
    this.#lookups.hurry();
    await within(this.settled(), Math.max(0, this.#drainedBy - now));
  }

  /** Gives up what is open, logs it in one line, and completes {@link Completions.costs$}. */
  close(): void {
    this.#isClosing = true;
    const open = [...new Set([...this.#lookups.open, ...this.#open])];
    this.#lookups.close();
    for (const completion of [...this.#open]) {
      completion.giveUp();
    }
    this.#costs.complete();
    const unknown = open.filter(({ isUnknown }) => isUnknown);
    if (unknown.length > 0) {
      logWarning(`metering: the account is closed, ${unknownCosts(unknown)}`);
    }
  }

  #askEarly(completion: FollowedCompletion): void {
    if (!completion.isDecided && this.#lookups.canAsk(completion)) {
      this.#lookups.add(completion);
    }
  }

  readonly #listener = {
    onAnswered: (completion: FollowedCompletion): void => {
      if (this.#drainedBy !== undefined && this.#open.has(completion)) {
        this.#askEarly(completion);
      }
    },
    onCost: (cost: CompletionCost, completion: FollowedCompletion): void => {
      this.#lookups.drop(completion);
      if (this.#recorded.find(cost.generationId) !== undefined) {
        if (completion.held !== undefined) {
          this.#holds?.drop(completion.held);
        }
        return;
      }
      if (cost.usd !== null) {
        this.#recorded.add(cost.generationId, cost);
      }
      guard(() => this.#feed.spend(cost, completion));
      this.#settle(cost, completion);
      this.#announce(cost, completion.inContext);
    },
    onError: (error: unknown, status: number | undefined, completion: FollowedCompletion): void =>
      guard(() => this.#feed.refused(error, status, completion)),
    onOver: (completion: FollowedCompletion): void => {
      this.#open.delete(completion);
      if (completion.isUnspent) {
        void completion.held?.release();
      }
      if (completion.isLookingUp) {
        this.#lookups.add(completion);
      }
      this.#waits.look();
    },
  };

  #settle(cost: CompletionCost, { held, request }: FollowedCompletion): void {
    if (held === undefined) {
      this.#holds?.note(cost);
    } else if (cost.source === 'hold' && this.#isClosing) {
      // Another process may still learn the bill, once the lease has ended.
      held.abandon();
    } else {
      this.#holds?.settle(held, cost, request.model);
    }
  }

  /** Whether every answer is over, no look-up is in its steps of up to 15 seconds, and every bill is in the store. */
  get isSettled(): boolean {
    return this.#lookups.isQuiet && this.#areAnswersOver && this.#isBooked;
  }

  /** Whether every answer is over, nothing is looked up, and every bill is in the store. */
  get isIdle(): boolean {
    return this.#lookups.isEmpty && this.#areAnswersOver && this.#isBooked;
  }

  /** Whether nothing waits to be admitted, and the store of the spend limits has every bill. */
  get #isBooked(): boolean {
    return this.#admitting === 0 && this.#parts.limits?.isQuiet !== false;
  }

  /** At a shutdown, an answer whose cost is decided is not waited for: nobody may ever read it. */
  get #areAnswersOver(): boolean {
    const isDraining = this.#drainedBy !== undefined;
    return [...this.#open].every(({ isError, isDecided }) => isError || (isDraining && isDecided));
  }

  /** A bill of a hold whose lease has ended: that of this process as well, if the store was away for so long. */
  #announceFound(cost: CompletionCost): void {
    if (this.#recorded.find(cost.generationId) !== undefined) {
      return;
    }
    if (cost.source === 'generation') {
      this.#recorded.add(cost.generationId, cost);
    }
    this.#announce(cost, call);
  }

  #announce(cost: CompletionCost, inContext: (call: () => void) => void): void {
    inContext(() => this.#parts.account.instrumentation.cost(cost));
    this.#costs.next(cost);
    this.#waits.look();
  }
}

function call(run: () => void): void {
  run();
}

/** Runs what may throw in the code of others, without a place where it could be handled. */
function guard(run: () => void): void {
  try {
    run();
  } catch {
    // Nothing that a cost causes may fail the completion.
  }
}
