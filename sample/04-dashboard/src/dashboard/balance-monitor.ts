import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type BalanceAlert, BalanceService, type BalanceSnapshot } from 'nestjs-openrouter';
import { Subject } from 'rxjs';
import type { Alert, BalanceFigures, BalancePanel, Problem } from '../../shared/dashboard.js';
import { withPoint } from './balance-history.js';
import { TrafficLog } from './traffic-log.js';

const ALERTS_KEPT = 50;

/** `changes$` is silent about a reading that says the same as the one before, which is news to the page: it is newer. */
const LOOK_EVERY_MS = 1_000;

/** Follows the balance and its alerts from the start on. */
@Injectable()
export class BalanceMonitor implements OnApplicationBootstrap, OnModuleDestroy {
  readonly panel$ = new Subject<BalancePanel>();
  readonly alert$ = new Subject<Alert>();

  panel: BalancePanel = { data: null, readAt: null, problem: null, history: [] };
  /** Newest first. */
  alerts: readonly Alert[] = [];

  private unavailableSince: number | undefined;
  private lastId = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly balance: BalanceService,
    private readonly traffic: TrafficLog,
  ) {}

  onApplicationBootstrap(): void {
    // Both end with the application.
    this.balance.alerts$.subscribe((alert) => this.hear(alert));
    this.balance.changes$.subscribe(() => this.look());
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private hear({ type, at, threshold, snapshot }: BalanceAlert): void {
    // Whatever else there is to tell, the balance can be read again.
    this.unavailableSince = type === 'unavailable' ? at.getTime() : undefined;
    this.lastId += 1;
    const alert: Alert = {
      id: this.lastId,
      type,
      at: at.getTime(),
      threshold: threshold ?? null,
      spendable: snapshot?.spendable ?? null,
    };
    this.alerts = [alert, ...this.alerts].slice(0, ALERTS_KEPT);
    this.alert$.next(alert);
    this.look();
  }

  private look(): void {
    const snapshot = this.balance.peek();
    const isAvailable = this.unavailableSince === undefined;
    // Figures that are forgotten for a new reading are not gone yet.
    if (snapshot === undefined && isAvailable) return;
    const { readAt, problem, history } = this.panel;
    const next = {
      data: snapshot === undefined ? null : figuresOf(snapshot, isAvailable),
      readAt: snapshot?.fetchedAt.getTime() ?? readAt,
      problem: this.problemOf(snapshot, problem),
    };
    if (JSON.stringify(next) === JSON.stringify({ ...this.panel, history: undefined })) return;
    const spendable = isAvailable ? (next.data?.spendable ?? null) : null;
    this.panel = { ...next, history: withPoint(history, Date.now(), spendable) };
    this.panel$.next(this.panel);
  }

  private problemOf(snapshot: BalanceSnapshot | undefined, before: Problem | null): Problem | null {
    const reason = this.traffic.lastBalanceFailure ?? 'OpenRouter does not answer.';
    if (this.unavailableSince !== undefined) {
      return { since: this.unavailableSince, message: `The balance cannot be read. ${reason}` };
    }
    return snapshot?.stale === true
      ? { since: before?.since ?? Date.now(), message: `The balance is older than it should be. ${reason}` }
      : null;
  }
}

function figuresOf(snapshot: BalanceSnapshot, isAvailable: boolean): BalanceFigures {
  const { totalCredits, totalUsage, balance, keyLimitRemaining, spendable, limitedBy, resetsAt } = snapshot;
  return {
    totalCredits,
    totalUsage,
    balance,
    keyLimitRemaining,
    spendable,
    limitedBy,
    resetsAt: resetsAt?.getTime() ?? null,
    isBalanceKnown: snapshot.sources.balance !== null,
    isKeyLimitKnown: snapshot.sources.keyLimit !== null,
    // A reading may be young enough to be served, and yet the next one has failed.
    stale: snapshot.stale || !isAvailable,
  };
}
