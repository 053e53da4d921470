import { Observable, Subject } from 'rxjs';
import type { Clock } from '../../async/clock.js';
import type { BalanceAlert, BalanceSnapshot } from '../../contracts/balance-snapshot.models.js';
import { saysTheSame } from '../reading/balance-snapshot.js';
import type { BalanceView } from '../reading/balance-view.js';
import { frozenDate } from '../reading/frozen-date.js';
import { AlertMessenger, type SharedAlerts } from './alert-messenger.js';
import { type AlertRule, MemoizedRule } from './alert-rule.js';
import {
  type AlertNews,
  type AlertThresholds,
  evidenceOf,
  FIRST_ALERT_STATE,
  isInDoubt,
  nextAlert,
} from './alert-state.js';
import { type Poll, Poller } from './poller.js';

/** How often the balance is read while recorded spend leaves in doubt whether a threshold was crossed. */
const DOUBT_INTERVAL_MS = 10_000;

/** How soon the store is asked again after this process emitted an alert without it. */
const REMIND_AFTER_MS = 1_000;

/** The part of the balance that a watch uses. */
export interface WatchedBalance {
  /** The current view. */
  readonly view: BalanceView;
  /** Calls a function with the view after every change. */
  onChange(listener: (view: BalanceView) => void): void;
}

/** The parts of a watch. */
export interface BalanceWatchParts {
  readonly balance: WatchedBalance;
  readonly poll: Poll;
  /** `undefined` if no other process shares the balance. */
  readonly sharedAlerts: SharedAlerts | undefined;
  readonly thresholds: AlertThresholds;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  /** Calls a function when polling may begin; without it, that is at once. */
  readonly whenUp?: ((start: () => void) => void) | undefined;
  /** Called with every alert that this process finds, even if another process emits it. */
  readonly onNotice?: (alert: BalanceAlert) => void;
  /** @defaultValue {@link nextAlert} with the thresholds */
  readonly rule?: AlertRule;
}

/** Polls the balance while somebody watches it, and emits changes and alerts. */
export class BalanceWatch {
  readonly #parts: BalanceWatchParts;
  readonly #changes = new Subject<BalanceSnapshot>();
  readonly #alerts = new Subject<BalanceAlert>();
  readonly #rule: MemoizedRule;
  readonly #messenger: AlertMessenger;
  readonly #poller: Poller;
  #told: BalanceSnapshot | undefined;
  /** The alert state of this process alone, for its instrumentation. */
  #noticed = FIRST_ALERT_STATE;
  #reminder: NodeJS.Timeout | undefined;
  #isEnded = false;

  readonly changes$ = new Observable<BalanceSnapshot>((subscriber) => {
    const { snapshot } = this.#parts.balance.view;
    // The snapshot may be stale by now. Other subscribers go first, so that all receive the same one.
    this.#tellChange(snapshot);
    if (snapshot !== undefined) {
      this.#told = snapshot;
      subscriber.next(snapshot);
    }
    subscriber.add(this.#changes.subscribe(subscriber));
    subscriber.add(this.enter());
  });

  readonly alerts$ = new Observable<BalanceAlert>((subscriber) => {
    subscriber.add(this.#alerts.subscribe(subscriber));
    subscriber.add(this.enter());
    this.#considerAlerts(this.#parts.balance.view);
  });

  constructor(parts: BalanceWatchParts) {
    const { balance, poll, sharedAlerts, thresholds, pollIntervalMs } = parts;
    this.#parts = parts;
    this.#poller = new Poller(poll, pollIntervalMs);
    this.#rule = new MemoizedRule(
      parts.rule ?? ((before, evidence) => nextAlert(before, evidence, thresholds)),
    );
    this.#messenger = new AlertMessenger(this.#rule, sharedAlerts, (news, view) =>
      this.#alerts.next(this.#alertOf(news, view)),
    );
    balance.onChange((view) => {
      this.#tellChange(view.snapshot);
      this.#notice(view);
      this.#considerAlerts(view);
    });
  }

  /** Polls as soon as polling may begin, until the returned function is called. */
  enter(): () => void {
    const { whenUp } = this.#parts;
    if (whenUp === undefined) {
      this.start();
    } else if (!this.#poller.isStarted) {
      whenUp(() => this.start());
    }
    return this.#poller.enter();
  }

  /** Allows polling. */
  start(): void {
    this.#poller.start();
  }

  /** Polls at once if somebody watches. */
  wake(): void {
    this.#poller.wake();
  }

  /** Stops permanently. */
  end(): void {
    this.#isEnded = true;
    this.#poller.end();
    clearTimeout(this.#reminder);
    this.#changes.complete();
    this.#alerts.complete();
  }

  #tellChange(snapshot: BalanceSnapshot | undefined): void {
    const isNew = snapshot !== undefined && (this.#told === undefined || !saysTheSame(snapshot, this.#told));
    if (isNew && this.#changes.observed) {
      this.#told = snapshot;
      this.#changes.next(snapshot);
    }
  }

  #considerAlerts(view: BalanceView): void {
    // If this process claimed an alert without a listener, no process would emit it.
    if (this.#alerts.observed && !this.#isEnded) {
      void this.#messenger.consider(view).then(() => this.#remind());
    }
  }

  /** Writes an alert emitted without the store to it, before another process emits the same alert. */
  #remind(): void {
    if (this.#messenger.hasToldAlone && this.#reminder === undefined && !this.#isEnded) {
      this.#reminder = setTimeout(() => {
        this.#reminder = undefined;
        this.#considerAlerts(this.#parts.balance.view);
      }, REMIND_AFTER_MS).unref();
    }
  }

  /** Reports alerts to the instrumentation, even those that another process has emitted. */
  #notice(view: BalanceView): void {
    const { thresholds, onNotice } = this.#parts;
    const { state, news } = this.#rule.evaluate(view, this.#noticed, true);
    this.#noticed = state;
    const evidence = evidenceOf(view, true);
    if (evidence !== undefined) {
      this.#poller.limitInterval(isInDoubt(state, evidence, thresholds) ? DOUBT_INTERVAL_MS : Infinity);
    }
    if (news !== undefined) {
      onNotice?.(this.#alertOf(news, view));
    }
  }

  #alertOf(news: AlertNews, { snapshot }: BalanceView): BalanceAlert {
    return Object.freeze({
      ...news,
      ...(snapshot !== undefined && { snapshot }),
      at: frozenDate(this.#parts.clock.wallNow()),
    });
  }
}
