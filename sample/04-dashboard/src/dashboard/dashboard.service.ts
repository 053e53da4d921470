import { Injectable, type MessageEvent, type OnModuleDestroy, Optional } from '@nestjs/common';
import {
  auditTime,
  defer,
  interval,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  share,
  Subject,
  takeUntil,
} from 'rxjs';
import type { Dashboard, DashboardEvents } from '../../shared/dashboard.js';
import { SandboxPlayground } from '../sandbox/sandbox-playground.js';
import { LedgerReader } from '../ledger/ledger-reader.js';
import { BillingComparison } from '../spending/billing-comparison.js';
import { SpendLog } from '../spending/spend-log.js';
import { TenantReader } from '../spending/tenant-reader.js';
import { AccountFacts } from './account-facts.js';
import { AccountReader } from './account-reader.js';
import { AlertLog } from './alert-log.js';
import { BalanceMonitor } from './balance-monitor.js';
import { TrafficLog } from './traffic-log.js';

const BEAT_MS = 1_000;
/** A burst makes hundreds of changes a second. */
const PAUSE_MS = 250;
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
    private readonly alerts: AlertLog,
    private readonly spending: SpendLog,
    private readonly billing: BillingComparison,
    @Optional() private readonly tenants?: TenantReader,
    @Optional() private readonly ledger?: LedgerReader,
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
      alerts: this.alerts.alerts,
      tenants: this.tenants?.panel ?? { data: [], readAt: null, problem: null },
      completions: this.spending.completions,
      metered: this.billing.metered,
      ledger: this.ledger?.panel ?? null,
      ...this.account.panels,
      traffic: this.traffic.traffic,
      sandbox: this.playground?.controls ?? null,
    };
  }

  private changes(): Observable<MessageEvent> {
    return merge(
      this.balance.panel$.pipe(map((panel) => event('balance', panel))),
      this.alerts.alert$.pipe(map((alert) => event('alert', alert))),
      (this.tenants?.panel$ ?? NEVER).pipe(map((panel) => event('tenants', panel))),
      (this.ledger?.panel$ ?? NEVER).pipe(map((panel) => event('ledger', panel))),
      this.spending.changes$.pipe(
        auditTime(PAUSE_MS),
        map(() => event('completions', this.spending.completions)),
      ),
      merge(this.spending.changes$, this.billing.changes$).pipe(
        auditTime(PAUSE_MS),
        map(() => event('metered', this.billing.metered)),
      ),
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
