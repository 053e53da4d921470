import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type BalanceAlert, BalanceService, type BalanceSnapshot } from 'nestjs-openrouter';
import { Subject } from 'rxjs';
import type { BalanceFigures, BalancePanel, Problem } from '../../shared/dashboard.js';
import { AlertLog } from './alert-log.js';
import { withPoint } from './balance-history.js';
import { TrafficLog } from './traffic-log.js';

/** `changes$` does not emit for a reading with the same figures, but the page shows the time of the reading. */
const CHECK_EVERY_MS = 1_000;

/** Follows the balance and its alerts from the start. */
@Injectable()
export class BalanceMonitor implements OnApplicationBootstrap, OnModuleDestroy {
  readonly panel$ = new Subject<BalancePanel>();

  panel: BalancePanel = { data: null, readAt: null, problem: null, history: [] };

  private unavailableSince: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly balance: BalanceService,
    private readonly traffic: TrafficLog,
    private readonly alerts: AlertLog,
  ) {}

  onApplicationBootstrap(): void {
    // Both end with the application.
    this.balance.alerts$.subscribe((alert) => this.addAlert(alert));
    this.balance.changes$.subscribe(() => this.update());
    this.timer = setInterval(() => this.update(), CHECK_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private addAlert({ type, at, threshold, snapshot }: BalanceAlert): void {
    // Any other alert means that the balance can be read.
    this.unavailableSince = type === 'unavailable' ? at.getTime() : undefined;
    this.alerts.add({
      type,
      at: at.getTime(),
      threshold: threshold ?? null,
      spendable: snapshot?.spendable ?? null,
    });
    this.update();
  }

  private update(): void {
    const snapshot = this.balance.peek();
    const isAvailable = this.unavailableSince === undefined;
    // The cache was cleared for a new reading. The old figures stay until it is there.
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
    // The reading may still be fresh although the next one has failed.
    stale: snapshot.stale || !isAvailable,
  };
}
