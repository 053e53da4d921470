import { Injectable, type MessageEvent, type OnModuleDestroy, Optional } from '@nestjs/common';
import { defer, interval, map, merge, mergeMap, type Observable, of, share, Subject, takeUntil } from 'rxjs';
import type { Dashboard, DashboardEvents } from '../../shared/dashboard.js';
import { SandboxPlayground } from '../sandbox/sandbox-playground.js';
import { AccountFacts } from './account-facts.js';
import { AccountReader } from './account-reader.js';
import { BalanceMonitor } from './balance-monitor.js';
import { TrafficLog } from './traffic-log.js';

const BEAT_MS = 1_000;
/** How long a browser waits before it reconnects. */
const RECONNECT_MS = 1_000;

/** All panels as one stream of events. */
@Injectable()
export class DashboardService implements OnModuleDestroy {
  /** First the whole dashboard, then its changes. Shared by all listeners. */
  readonly events$: Observable<MessageEvent>;

  private readonly end$ = new Subject<void>();

  constructor(
    private readonly facts: AccountFacts,
    private readonly balance: BalanceMonitor,
    private readonly account: AccountReader,
    private readonly traffic: TrafficLog,
    @Optional() private readonly playground?: SandboxPlayground,
  ) {
    const changes$ = this.changes().pipe(takeUntil(this.end$), share());
    const whole$ = defer(() => of({ ...event('dashboard', this.dashboard()), retry: RECONNECT_MS }));
    // In this order, so that no change in between is missed.
    this.events$ = merge(whole$, changes$);
  }

  onModuleDestroy(): void {
    this.end$.next();
  }

  private dashboard(): Dashboard {
    return {
      account: this.facts.info,
      now: Date.now(),
      balance: this.balance.panel,
      alerts: this.balance.alerts,
      ...this.account.panels,
      traffic: this.traffic.traffic,
      sandbox: this.playground?.controls ?? null,
    };
  }

  private changes(): Observable<MessageEvent> {
    return merge(
      this.balance.panel$.pipe(map((panel) => event('balance', panel))),
      this.balance.alert$.pipe(map((alert) => event('alert', alert))),
      this.account.panels$.pipe(
        mergeMap(({ spend, keys, budgets }) => [
          event('spend', spend),
          event('keys', keys),
          event('budgets', budgets),
        ]),
      ),
      interval(BEAT_MS).pipe(
        mergeMap(() => [event('traffic', this.traffic.traffic), event('beat', { now: Date.now() })]),
      ),
      ...(this.playground === undefined
        ? []
        : [this.playground.controls$.pipe(map((controls) => event('sandbox', controls)))]),
    );
  }
}

/** Serialized here, once for all listeners. */
function event<Type extends keyof DashboardEvents>(type: Type, data: DashboardEvents[Type]): MessageEvent {
  return { type, data: JSON.stringify(data) };
}
