import { Logger } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { Account } from '../account/account.js';
import { type Clock, SYSTEM_CLOCK } from '../async/clock.js';
import type { CompletionCost, SpendScope } from '../contracts/completion-cost.js';
import type { SpendLedgerEntry } from '../contracts/spend-ledger.js';
import type { SpendStore } from '../contracts/spend-store.js';
import type { GenerationsService } from '../generations/generations.service.js';
import { toNanoUsd } from '../money/nano-usd.js';
import type { ResolvedSpendLimitsOptions, SpendHoldRequest } from '../options/spend-limits-options.js';
import { InMemorySpendStore } from './in-memory-spend-store.js';
import { LedgerReader } from './ledger/ledger-reader.js';
import { holdNanoUsd } from './reservations/hold-amount.js';
import { LearnedHolds } from './reservations/learned-holds.js';
import { OutageAllowance } from './reservations/outage-allowance.js';
import {
  type ReservationOutcome,
  type ReservationRequest,
  Reservations,
} from './reservations/reservations.js';
import { type RuleFigures, ruleFigures } from './reservations/spend-usage.js';
import { LimitValues } from './rules/limit-values.js';
import { type AppliedRule, RuleBook } from './rules/rule-book.js';
import type { SpendAlert, SpendUsage } from '../contracts/spend-usage.js';
import { BoundedSpendStore } from './store/bounded-spend-store.js';
import { SpendOutbox } from './store/spend-outbox.js';
import { Floors } from './watch/floors.js';
import { LostHolds } from './watch/lost-holds.js';
import { Repeater } from './watch/repeater.js';
import { SpendWarnings } from './watch/spend-warnings.js';

/** How often it is asked whether the store has lost something. */
const EPOCH_PERIOD_MS = 5_000;

/** The longest pause between two looks for lost holds. */
const MAX_CLAIM_PERIOD_MS = 30_000;

/** What `spendLimits` needs of an account. */
export type SpendLimitsAccount = Pick<
  Account,
  'identify' | 'instrumentation' | 'isClosed' | 'onAttach' | 'onClose' | 'options' | 'spendStore'
>;

/** The spend limits of an account. */
export class OpenSpendLimits {
  readonly options: ResolvedSpendLimitsOptions;
  readonly rules: RuleBook;
  readonly limits: LimitValues;
  /** Each fraction once a window, over all processes. */
  readonly alerts$: Observable<SpendAlert>;
  /** What the holds of lost processes have cost, each once. */
  readonly found$: Observable<CompletionCost>;

  /** The entries of all completions; `undefined` if the store keeps none. */
  readonly ledger: LedgerReader | undefined;

  readonly #store: BoundedSpendStore;
  readonly #outbox: SpendOutbox;
  readonly #reservations: Reservations;
  readonly #learned: LearnedHolds;
  readonly #warnings: SpendWarnings;
  readonly #floors = new Floors();
  readonly #clock: Clock;
  readonly #logger = new Logger('OpenRouter');
  readonly #logged = new Set<string>();
  #epoch: string | undefined;

  constructor(
    account: SpendLimitsAccount,
    options: ResolvedSpendLimitsOptions,
    generations: Pick<GenerationsService, 'get'>,
    clock: Clock = SYSTEM_CLOCK,
  ) {
    this.options = options;
    this.#clock = clock;
    const alerts = new Subject<SpendAlert>();
    const found = new Subject<CompletionCost>();
    this.alerts$ = alerts.asObservable();
    this.found$ = found.asObservable();
    this.rules = new RuleBook(options.rules);
    this.limits = new LimitValues(clock, (rule, fault) =>
      this.#warnOnce(`spendLimits: the function \`usd\` of the rule '${rule}' ${fault}.`),
    );
    const allowance = new OutageAllowance(options.onStoreFailure);
    const inner: SpendStore = account.spendStore ?? new InMemorySpendStore();
    this.#store = new BoundedSpendStore(
      inner,
      () => account.identify(),
      (isUp) => {
        if (isUp) {
          allowance.renew();
          void this.checkForLosses();
        }
        this.#logger.warn(`spendLimits: ${isUp ? 'the store answers again.' : outageOf(options)}`);
      },
    );
    this.ledger = inner.ledger && new LedgerReader(inner.ledger, () => this.#store.account());
    this.#outbox = new SpendOutbox(this.#store, (max) =>
      this.#warnOnce(`spendLimits: more than ${max} bills wait for the store; the oldest are dropped.`),
    );
    this.#learned = new LearnedHolds(this.#store, clock);
    this.#warnings = new SpendWarnings({
      store: this.#store,
      clock,
      onAlert: (alert) => alerts.next(alert),
    });
    this.#reservations = new Reservations({
      rules: this.rules,
      limits: this.limits,
      store: this.#store,
      outbox: this.#outbox,
      allowance,
      options,
      hasLedger: inner.ledger !== undefined,
      clock,
      onFigures: (figures, refused) => this.#look(figures, refused),
      onBilled: (applied) => void this.#lookAfterBill(applied),
    });
    const lost = new LostHolds({
      store: this.#store,
      outbox: this.#outbox,
      generations,
      byok: account.options.metering.byok,
      onFound: (cost) => found.next(cost),
    });
    const repeaters = [
      new Repeater(() => lost.claim(), Math.min(MAX_CLAIM_PERIOD_MS, options.leaseMs / 2)),
      ...(inner.epoch === undefined ? [] : [new Repeater(() => this.checkForLosses(), EPOCH_PERIOD_MS)]),
    ];
    account.onAttach(() => {
      for (const repeater of repeaters) {
        repeater.start();
      }
      void this.#checkSetUp(inner);
      if (account.spendStore === undefined && process.env['NODE_ENV'] === 'production') {
        this.#warnOnce(
          'spendLimits: what is spent is kept in the memory of this process, so each process has its own limits, which ' +
            'begin anew when it restarts. Set `spendLimits.store` to share them.',
        );
      }
    });
    account.onClose(async () => {
      for (const repeater of repeaters) {
        repeater.end();
      }
      lost.close();
      this.#reservations.close();
      await this.#outbox.close();
      alerts.complete();
      found.complete();
    });
  }

  /** Whether the store answers; `undefined` before the first call. */
  get isStoreUp(): boolean | undefined {
    return this.#store.isUp;
  }

  reserve(request: ReservationRequest): Promise<ReservationOutcome> {
    return this.#reservations.reserve(request);
  }

  /** See {@link Reservations.usage}. */
  usage(scope: SpendScope | undefined): Promise<readonly SpendUsage[] | undefined> {
    return this.#reservations.usage(scope);
  }

  /** Books an amount without a reservation; `false` if the store does not answer. */
  async adjust(scope: SpendScope, nanoUsd: number, id: string): Promise<boolean> {
    const applied = this.rules.applying(scope);
    if (applied.length === 0) {
      return true;
    }
    const booked = await this.#reservations.atStoreTime(applied, [], (subjects) =>
      this.#store.ask((store, account) => store.adjust(account, { id, nanoUsd, subjects })),
    );
    if (booked?.status === 'done') {
      await this.#lookAfterBill(applied);
    }
    return booked?.status === 'done';
  }

  /** Books an amount without a reservation, later if the store does not answer now. */
  async book(scope: SpendScope | undefined, nanoUsd: number, id: string): Promise<void> {
    const applied = this.rules.applying(scope);
    if (applied.length > 0) {
      await this.#outbox.send((store, account) =>
        this.#reservations.atStoreTime(applied, [], async (subjects) => ({
          value: await store.adjust(account, { id, nanoUsd, subjects }),
        })),
      );
      await this.#lookAfterBill(applied);
    }
  }

  /** Writes an entry of the ledger that belongs to no hold, later if the store does not answer now. */
  async record(entry: SpendLedgerEntry): Promise<void> {
    if (this.ledger !== undefined) {
      await this.#outbox.send(async (store, account) => store.ledger?.record(account, entry));
    }
  }

  /** How much to hold for a completion, in nano-dollars. */
  holdFor(request: SpendHoldRequest, explicitUsd: number | undefined): number {
    const learnedNanoUsd = this.options.learnHolds ? this.#learned.of(request.model) : undefined;
    return holdNanoUsd(this.options, { request, explicitUsd, learnedNanoUsd }, (fault) =>
      this.#warnOnce(`spendLimits: ${fault}.`),
    );
  }

  /** Learns how much to hold from a bill in US dollars. */
  learn(model: string | undefined, usd: number): void {
    if (this.options.learnHolds && model !== undefined) {
      void this.#learned.learn(model, toNanoUsd(usd));
    }
  }

  /** Brings the sums back to what this process was last told, if the store has lost something. */
  async checkForLosses(): Promise<void> {
    const answer = await this.#store.ask(
      async (store, account) => store.epoch?.(account) ?? '',
      (told) => typeof told === 'string',
    );
    if (answer === undefined) {
      return;
    }
    const epoch = answer.value;
    const known = this.#epoch;
    this.#epoch = epoch;
    if (known !== undefined && known !== '' && known !== epoch) {
      await this.#restore();
    }
  }

  async #restore(): Promise<void> {
    this.#logger.warn(
      'spendLimits: the store may have lost what was spent, after a restart or a failover. The sums that this process ' +
        'knows are restored; what other processes have spent since they last told it may be missing.',
    );
    const now = this.#clock.wallNow();
    for (const { applied, settledNanoUsd } of this.#floors.at(now)) {
      await this.#outbox.send((store, account) =>
        this.#reservations.atStoreTime([applied], [null], async (subjects) => ({
          value: await store.restore(account, subjects, [[settledNanoUsd]]),
        })),
      );
    }
  }

  #look(figures: readonly RuleFigures[], refused: AppliedRule | undefined): void {
    if (this.#epoch === undefined) {
      // What is lost from now on has to be noticed.
      this.#epoch = '';
      void this.checkForLosses();
    }
    this.#floors.note(figures);
    this.#warnings.consider(figures, refused);
  }

  /** A bill may have reached a fraction that is to be announced. */
  async #lookAfterBill(applied: readonly AppliedRule[]): Promise<void> {
    const warning = applied.filter(({ rule }) => rule.warnAt.length > 0);
    const limits = warning.length === 0 ? undefined : await this.limits.of(warning);
    const lists = limits && (await this.#reservations.figuresOf(warning, limits));
    if (limits !== undefined && lists !== undefined) {
      this.#look(ruleFigures(warning, limits, lists), undefined);
    }
  }

  async #checkSetUp(store: SpendStore): Promise<void> {
    try {
      for (const fault of (await store.check?.()) ?? []) {
        this.#warnOnce(`spendLimits: ${fault}`);
      }
    } catch {
      // A store that does not answer is told of where it is needed.
    }
  }

  #warnOnce(message: string): void {
    if (!this.#logged.has(message)) {
      this.#logged.add(message);
      this.#logger.warn(message);
    }
  }
}

function outageOf({ onStoreFailure }: ResolvedSpendLimitsOptions): string {
  const consequence =
    onStoreFailure === 'refuse'
      ? 'completions are refused'
      : onStoreFailure === 'allow'
        ? 'completions are allowed without a limit'
        : `completions are allowed up to $${onStoreFailure.allowUsd} in this process`;
  return `the store does not answer; ${consequence} (\`onStoreFailure\`).`;
}
