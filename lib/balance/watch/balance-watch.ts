import { Observable, Subject } from 'rxjs';
import { AlertMessenger } from './alert-messenger.js';
import {
  type AlertNews,
  type AlertThresholds,
  evidenceOf,
  FIRST_ALERT_STATE,
  isInDoubt,
  nextAlert,
} from './alert-state.js';
import { COMPARE_EVERY_MS } from '../cache/balance-cache.js';
import type { Clock } from '../../async/clock.js';
import type { BalanceReader } from '../cache/balance-reader.js';
import { saysTheSame } from '../reading/balance-snapshot.js';
import type { BalanceAlert, BalanceSnapshot } from '../balance.models.js';
import { frozenDate } from '../reading/frozen-date.js';
import type { BoundedStore } from '../store/bounded-store.js';

/** How often the balance is read while recorded spend leaves in doubt whether a threshold was crossed. */
const DOUBT_INTERVAL_MS = 10_000;

/** What a watch needs. */
export interface BalanceWatchParts {
  readonly reader: BalanceReader;
  readonly store: BoundedStore;
  readonly thresholds: AlertThresholds;
  readonly pollIntervalMs: number;
  readonly clock: Clock;
  /** Calls a function when polling may begin; without it, that is at once. */
  readonly whenUp?: (start: () => void) => void;
  /** Called with every alert that this process would tell if it were alone, whoever else tells it. */
  readonly onNotice?: (alert: BalanceAlert) => void;
}

const atOnce = (start: () => void): void => start();

/** Has the balance read again and again while somebody watches it, and tells them what has changed. */
export class BalanceWatch {
  readonly #parts: BalanceWatchParts;
  readonly #changes = new Subject<BalanceSnapshot>();
  readonly #alerts = new Subject<BalanceAlert>();
  readonly #messenger: AlertMessenger;
  #told: BalanceSnapshot | undefined;
  #noticed = FIRST_ALERT_STATE;
  #isInDoubt = false;
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;
  #reminder: NodeJS.Timeout | undefined;
  #cancelPoll: (() => void) | undefined;
  #isStarted = false;
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

  /** Polls from now on, or once that has been started, until the returned function is called. */
  enter(): () => void {
    let isIn = true;
    this.#watchers += 1;
    if (!this.#isStarted) {
      const { whenUp = atOnce } = this.#parts;
      whenUp(() => this.start());
    } else if (this.#watchers === 1) {
      this.#scheduleFirst();
    }
    return () => {
      if (isIn) {
        isIn = false;
        this.#watchers -= 1;
        this.#stopUnlessWatched();
      }
    };
  }

  /** Lets the polls begin. */
  start(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#scheduleFirst();
    }
  }

  /** Polls at once, if anybody watches. */
  wake(): void {
    if (this.#isWatched && this.#isStarted) {
      this.#stop();
      this.#schedule(0);
    }
  }

  /** Stops for good. */
  end(): void {
    this.#isEnded = true;
    this.#stop();
    clearTimeout(this.#reminder);
    this.#changes.complete();
    this.#alerts.complete();
  }

  get #isWatched(): boolean {
    return this.#watchers > 0 && !this.#isEnded;
  }

  #scheduleFirst(): void {
    if (this.#isWatched) {
      this.#schedule(this.#parts.reader.pollDelay(this.#intervalMs, 0));
    }
  }

  #schedule(delayMs: number): void {
    // No process lives on for the sake of a poll.
    this.#timer = setTimeout(() => void this.#poll(), delayMs).unref();
  }

  async #poll(): Promise<void> {
    const { reader } = this.#parts;
    const { done, cancel } = reader.poll(this.#intervalMs);
    this.#cancelPoll = cancel;
    await done;
    if (this.#cancelPoll === cancel) {
      this.#cancelPoll = undefined;
      this.#schedule(reader.pollDelay(this.#intervalMs, this.#intervalMs));
    }
  }

  get #intervalMs(): number {
    const { pollIntervalMs } = this.#parts;
    return this.#isInDoubt ? Math.min(pollIntervalMs, DOUBT_INTERVAL_MS) : pollIntervalMs;
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
      void this.#messenger.consider().then(() => this.#remind());
    }
  }

  /** The others must not tell the same once the store is back. */
  #remind(): void {
    if (this.#messenger.hasToldAlone && this.#reminder === undefined && !this.#isEnded) {
      this.#reminder = setTimeout(() => {
        this.#reminder = undefined;
        this.#considerAlerts();
      }, COMPARE_EVERY_MS).unref();
    }
  }

  /** Tells instrumentation, to which it does not matter whether another process has told the same. */
  #notice(): void {
    const { reader, thresholds, onNotice } = this.#parts;
    // In one process whatever comes later is newer.
    const evidence = evidenceOf(reader, ({ failed }) => (failed ? 0 : Infinity));
    if (evidence === undefined) {
      return;
    }
    const { state, news } = nextAlert(this.#noticed, evidence, thresholds);
    this.#noticed = state;
    this.#follow(isInDoubt(state, evidence, thresholds));
    if (news !== undefined) {
      onNotice?.(this.#alertOf(news));
    }
  }

  /** Polls sooner from now on where there is doubt. */
  #follow(isDoubted: boolean): void {
    const isNew = isDoubted && !this.#isInDoubt;
    this.#isInDoubt = isDoubted;
    if (isNew && this.#isWatched && this.#isStarted && this.#cancelPoll === undefined) {
      clearTimeout(this.#timer);
      this.#schedule(this.#parts.reader.pollDelay(this.#intervalMs, this.#intervalMs));
    }
  }

  #alertOf(news: AlertNews): BalanceAlert {
    const { reader, clock } = this.#parts;
    const snapshot = reader.peek();
    return Object.freeze({
      ...news,
      ...(snapshot !== undefined && { snapshot }),
      at: frozenDate(clock.wallNow()),
    });
  }
}
