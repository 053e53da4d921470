import { Observable, Subject } from 'rxjs';
import { AlertMessenger } from './alert-messenger.js';
import { type AlertNews, type AlertThresholds, FIRST_ALERT_STATE, nextAlert } from './alert-state.js';
import type { BalanceEnvironment } from './balance-environment.js';
import type { BalanceReader } from './balance-reader.js';
import { saysTheSame } from './balance-snapshot.js';
import type { BalanceAlert, BalanceSnapshot } from './balance.models.js';
import { frozenDate } from './frozen-date.js';
import type { StoreAccess } from './store-access.js';

/** What a watch needs. */
export interface BalanceWatchParts {
  readonly reader: BalanceReader;
  readonly store: StoreAccess;
  readonly thresholds: AlertThresholds;
  readonly pollIntervalMs: number;
  readonly environment: BalanceEnvironment;
  /** Called with every alert that this process would tell if it were alone, whoever else tells it. */
  readonly onNotice?: (alert: BalanceAlert) => void;
}

/** Has the balance read again and again while somebody watches it, and tells them what has changed. */
export class BalanceWatch {
  readonly #parts: BalanceWatchParts;
  readonly #changes = new Subject<BalanceSnapshot>();
  readonly #alerts = new Subject<BalanceAlert>();
  readonly #messenger: AlertMessenger;
  #told: BalanceSnapshot | undefined;
  #noticed = FIRST_ALERT_STATE;
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;
  #cancelPoll: (() => void) | undefined;
  #isEnded = false;

  readonly changes$ = new Observable<BalanceSnapshot>((subscriber) => {
    // The others first, so that all have been told the same.
    this.#tellChange();
    const snapshot = this.#parts.reader.peek();
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
    this.#considerAlerts();
  });

  constructor(parts: BalanceWatchParts) {
    const { reader, store, thresholds } = parts;
    this.#parts = parts;
    this.#messenger = new AlertMessenger(reader, store, thresholds, (news) =>
      this.#alerts.next(this.#alertOf(news)),
    );
    reader.onChange(() => {
      this.#tellChange();
      this.#notice();
      this.#considerAlerts();
    });
  }

  /** Polls from now on, until the returned function is called. */
  enter(): () => void {
    let isIn = true;
    this.#watchers += 1;
    if (this.#watchers === 1 && !this.#isEnded) {
      const { reader, pollIntervalMs } = this.#parts;
      this.#schedule(reader.pollDelay(pollIntervalMs, 0));
    }
    return () => {
      if (isIn) {
        isIn = false;
        this.#watchers -= 1;
        this.#stopUnlessWatched();
      }
    };
  }

  /** Polls at once, if anybody watches. */
  wake(): void {
    if (this.#isWatched) {
      this.#stop();
      this.#schedule(0);
    }
  }

  /** Stops for good. */
  end(): void {
    this.#isEnded = true;
    this.#stop();
    this.#changes.complete();
    this.#alerts.complete();
  }

  get #isWatched(): boolean {
    return this.#watchers > 0 && !this.#isEnded;
  }

  #schedule(delayMs: number): void {
    // No process lives on for the sake of a poll.
    this.#timer = setTimeout(() => void this.#poll(), delayMs).unref();
  }

  async #poll(): Promise<void> {
    const { reader, pollIntervalMs } = this.#parts;
    const { done, cancel } = reader.poll(pollIntervalMs);
    this.#cancelPoll = cancel;
    await done;
    if (this.#cancelPoll === cancel) {
      this.#cancelPoll = undefined;
      this.#schedule(reader.pollDelay(pollIntervalMs, pollIntervalMs));
    }
  }

  #stopUnlessWatched(): void {
    if (!this.#isWatched) {
      this.#stop();
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }

  #tellChange(): void {
    const snapshot = this.#changes.observed ? this.#parts.reader.peek() : undefined;
    if (snapshot !== undefined && (this.#told === undefined || !saysTheSame(snapshot, this.#told))) {
      this.#told = snapshot;
      this.#changes.next(snapshot);
    }
  }

  #considerAlerts(): void {
    // An alert that is claimed where nobody listens would be lost to all.
    if (this.#alerts.observed && !this.#isEnded) {
      void this.#messenger.consider();
    }
  }

  /** Tells instrumentation, to which it does not matter whether another process has told the same. */
  #notice(): void {
    const { reader, thresholds, onNotice } = this.#parts;
    const { outcome } = reader;
    const snapshot = reader.peek();
    if (outcome === undefined || (!outcome.failed && snapshot === undefined)) {
      return;
    }
    // In one process whatever comes later is newer.
    const evidence = outcome.failed
      ? { spendable: undefined, sequence: 0 }
      : { spendable: snapshot?.spendable, sequence: Infinity };
    const { state, news } = nextAlert(this.#noticed, evidence, thresholds);
    this.#noticed = state;
    if (news !== undefined) {
      onNotice?.(this.#alertOf(news));
    }
  }

  #alertOf(news: AlertNews): BalanceAlert {
    const { reader, environment } = this.#parts;
    const snapshot = reader.peek();
    return Object.freeze({
      ...news,
      ...(snapshot !== undefined && { snapshot }),
      at: frozenDate(environment.wallNow()),
    });
  }
}
