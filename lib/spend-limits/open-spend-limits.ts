import { type Observable, Subject } from 'rxjs';
import type { Account } from '../account/account.js';
import { type Clock, SYSTEM_CLOCK } from '../async/clock.js';
import type { CompletionCost, SpendScope } from '../contracts/completion-cost.js';
import type { SpendLedgerEntry } from '../contracts/spend-ledger.js';
import type { SpendStore } from '../contracts/spend-store.js';
import type { SpendAlert, SpendDiagnostics, SpendStoreAlert, SpendUsage } from '../contracts/spend-usage.js';
import type { GenerationsService } from '../generations/generations.service.js';
import type { ResolvedSpendLimitsOptions, SpendHoldRequest } from '../options/spend-limits-options.js';
import { InMemorySpendStore } from './in-memory-spend-store.js';
import { LedgerReader } from './ledger/ledger-reader.js';
import { Bookings } from './reservations/bookings.js';
import { HoldSizes } from './reservations/hold-sizes.js';
import { OutageAllowance } from './reservations/outage-allowance.js';
import {
  type ReservationOutcome,
  type ReservationRequest,
  Reservations,
} from './reservations/reservations.js';
import type { RefusedAmount, RuleFigures } from './reservations/spend-usage.js';
import { StoreWindows } from './reservations/store-windows.js';
import { LimitValues } from './rules/limit-values.js';
import { RuleBook } from './rules/rule-book.js';
import { BoundedSpendStore } from './store/bounded-spend-store.js';
import { SpendOutbox } from './store/spend-outbox.js';
import { LostHolds } from './watch/lost-holds.js';
import type { BookedSpend } from './watch/booked-spend.js';
import { Repeater } from './watch/repeater.js';
import { checkSetUp } from './watch/set-up-check.js';
import { SpendNotes } from './watch/spend-notes.js';
import { SpendWarnings } from './watch/spend-warnings.js';
import { StoreLosses } from './watch/store-losses.js';
import { StoreWatch } from './watch/store-watch.js';
import { WarnOnce } from './watch/warn-once.js';

/** How often it is asked whether the store has lost something. */
const EPOCH_PERIOD_MS = 5_000;

/** The longest pause between two looks for lost holds. */
const MAX_CLAIM_PERIOD_MS = 30_000;

/** What `spendLimits` needs of an account. */
export type SpendLimitsAccount = Pick<
  Account,
  'instrumentation' | 'keys' | 'onAttach' | 'onClose' | 'options' | 'spendAccount' | 'spendStore'
>;

/** The spend limits of an account. */
export class OpenSpendLimits {
  readonly options: ResolvedSpendLimitsOptions;
  readonly rules: RuleBook;
  readonly limits: LimitValues;
  /** Each fraction once a window, over all processes. */
  readonly alerts$: Observable<SpendAlert>;
  /** What happens to the store, as this process notices it. */
  readonly storeAlerts$: Observable<SpendStoreAlert>;
  /** What the holds of lost processes have cost, each once. */
  readonly found$: Observable<CompletionCost>;
  /** The entries of all completions; `undefined` if the store keeps none. */
  readonly ledger: LedgerReader | undefined;
  /** What is logged of calls that may not do what they were meant to. */
  readonly notes: SpendNotes;

  readonly #store: BoundedSpendStore;
  readonly #outbox: SpendOutbox;
  readonly #reservations: Reservations;
  readonly #bookings: Bookings;
  readonly #sizes: HoldSizes;
  readonly #lost: LostHolds;
  readonly #losses: StoreLosses;
  readonly #warnings: SpendWarnings;
  readonly #watch: StoreWatch;

  constructor(
    account: SpendLimitsAccount,
    options: ResolvedSpendLimitsOptions,
    generations: Pick<GenerationsService, 'get'>,
    clock: Clock = SYSTEM_CLOCK,
  ) {
    this.options = options;
    const warn = new WarnOnce('spendLimits');
    const alerts = new Subject<SpendAlert>();
    const found = new Subject<CompletionCost>();
    this.alerts$ = alerts.asObservable();
    this.found$ = found.asObservable();
    this.rules = new RuleBook(options.rules);
    this.notes = new SpendNotes(this.rules, warn);
    this.limits = new LimitValues(clock, (rule, fault) =>
      warn.say(`the function \`usd\` of the rule '${rule}' ${fault}.`),
    );
    const allowance = new OutageAllowance(options.onStoreFailure);
    const watch = new StoreWatch({
      onStoreFailure: options.onStoreFailure,
      clock,
      scrub: (text) => account.keys.scrub(text),
      onAlert: (alert) => account.instrumentation.spendStoreAlert(alert),
      onSteady: () => allowance.renew(),
    });
    this.#watch = watch;
    this.storeAlerts$ = watch.alerts$;
    const inner: SpendStore = account.spendStore ?? new InMemorySpendStore();
    this.#store = new BoundedSpendStore(inner, account.spendAccount, (isUp, reason) => {
      if (isUp) {
        this.#outbox.wake();
        void this.checkForLosses();
      }
      watch.changed(isUp, reason);
    });
    this.ledger =
      inner.ledger &&
      new LedgerReader(inner.ledger, account.spendAccount, (text) => account.keys.scrub(text));
    this.#outbox = new SpendOutbox({
      store: this.#store,
      clock,
      onOverflow: (max) => warn.say(`more than ${max} bills wait for the store; the oldest are dropped.`),
      onGivenUp: (calls) =>
        warn.say(
          `the account is closed, and the store did not take ${calls === 1 ? 'a call' : `${calls} calls`} that waited for it. ` +
            'What they were to book of completions is asked of OpenRouter by another process, once the leases have ended; ' +
            'adjustments and recorded costs among them are lost.',
        ),
    });
    this.#sizes = new HoldSizes({
      options,
      store: this.#store,
      clock,
      onFault: (fault) => warn.say(`${fault}.`),
    });
    this.#warnings = new SpendWarnings({
      store: this.#store,
      clock,
      onAlert: (alert) => {
        account.instrumentation.spendAlert(alert);
        alerts.next(alert);
      },
    });
    const windows = new StoreWindows(this.#store, clock);
    this.#reservations = new Reservations({
      rules: this.rules,
      limits: this.limits,
      store: this.#store,
      outbox: this.#outbox,
      windows,
      allowance,
      options,
      hasLedger: inner.ledger !== undefined,
      onFigures: (figures, refused) => this.#look(figures, refused),
      onBilled: (applied, nanoUsd) => {
        void this.#bookings.billed(applied, nanoUsd);
      },
    });
    this.#bookings = new Bookings({
      rules: this.rules,
      limits: this.limits,
      store: this.#store,
      outbox: this.#outbox,
      windows,
      reservations: this.#reservations,
      isShared: account.spendStore !== undefined,
      onFigures: (figures) => this.#look(figures),
    });
    this.#losses = new StoreLosses({
      store: this.#store,
      outbox: this.#outbox,
      windows,
      clock,
      onLoss: () => watch.lost(),
    });
    this.#lost = new LostHolds({
      store: this.#store,
      outbox: this.#outbox,
      generations,
      clock,
      byok: account.options.metering.byok,
      onFound: (cost) => found.next(cost),
    });
    const repeaters = [
      new Repeater(() => this.#lost.claim(), Math.min(MAX_CLAIM_PERIOD_MS, options.leaseMs / 2)),
      ...(inner.epoch === undefined ? [] : [new Repeater(() => this.checkForLosses(), EPOCH_PERIOD_MS)]),
    ];
    account.onAttach(() => {
      for (const repeater of repeaters) {
        repeater.start();
      }
      void checkSetUp(account.spendStore, options, (sentence) => warn.say(sentence));
    });
    account.onClose(async () => {
      for (const repeater of repeaters) {
        repeater.end();
      }
      this.#lost.close();
      this.#reservations.close();
      await this.#outbox.close();
      alerts.complete();
      watch.close();
      found.complete();
    });
  }

  get diagnostics(): SpendDiagnostics {
    const { oldestAt } = this.#lost;
    return Object.freeze({
      storeUp: this.#store.isUp ?? null,
      waiting: this.#outbox.size,
      oldestUnsettledAt: oldestAt === undefined ? null : new Date(oldestAt),
      rules: Object.freeze(this.options.rules.map(({ name }) => name)),
    });
  }

  /** Why the store fails in the present outage, if there is one, and the reason is known and may be shown. */
  get storeFailure(): string | undefined {
    return this.#watch.isAway ? this.#store.reason : undefined;
  }

  /** Whether nothing is on its way to the store that must reach it. */
  get isQuiet(): boolean {
    return this.#outbox.isQuiet;
  }

  /** Calls a listener whenever that has come true. */
  onQuiet(listener: () => void): void {
    this.#outbox.onQuiet(listener);
  }

  /** See {@link Bookings.booked}. */
  booked(): Promise<BookedSpend | undefined> {
    return this.#bookings.booked();
  }

  reserve(request: ReservationRequest): Promise<ReservationOutcome> {
    return this.#reservations.reserve(request);
  }

  /** See {@link Reservations.usage}. */
  usage(scope: SpendScope | undefined): Promise<readonly SpendUsage[] | undefined> {
    return this.#reservations.usage(scope);
  }

  /** See {@link StoreLosses.knownUsage}. */
  knownUsage(): Promise<readonly SpendUsage[]> {
    return this.#losses.knownUsage();
  }

  /** See {@link Bookings.adjust}. */
  adjust(scope: SpendScope, nanoUsd: number, id: string): Promise<boolean> {
    return this.#bookings.adjust(scope, nanoUsd, id);
  }

  /** See {@link Bookings.book}. */
  book(scope: SpendScope | undefined, nanoUsd: number, id: string): Promise<void> {
    return this.#bookings.book(scope, nanoUsd, id);
  }

  /** See {@link Bookings.bill}. */
  bill(scope: SpendScope | undefined, nanoUsd: number, id: string): Promise<void> {
    return this.#bookings.bill(scope, nanoUsd, id);
  }

  /** Writes an entry of the ledger that belongs to no hold, later if the store does not answer now. */
  async record(entry: SpendLedgerEntry): Promise<void> {
    if (this.ledger !== undefined) {
      await this.#outbox.send(async (store, account) => store.ledger?.record(account, entry));
    }
  }

  /** Whether no rule applies to a scope: a name may be misspelt, or missing. */
  isUncounted(scope: SpendScope): boolean {
    return !this.rules.isEmpty && this.rules.applying(scope).length === 0;
  }

  /** How much to hold for a completion, in nano-dollars. */
  holdFor(request: SpendHoldRequest, explicitUsd: number | undefined): number {
    return this.#sizes.of(request, explicitUsd);
  }

  /** Learns how much to hold from a bill in US dollars. */
  learn(model: string | undefined, usd: number): void {
    this.#sizes.learn(model, usd);
  }

  /** See {@link StoreLosses.check}. */
  checkForLosses(): Promise<void> {
    return this.#losses.check();
  }

  #look(figures: readonly RuleFigures[], refused?: RefusedAmount): void {
    this.#losses.note(figures);
    this.#warnings.consider(figures, refused);
  }
}
