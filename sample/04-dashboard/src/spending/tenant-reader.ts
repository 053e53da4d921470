import { Injectable } from '@nestjs/common';
import { SpendLimitsService, type SpendUsage } from 'nestjs-openrouter';
import { auditTime, map, merge, type Observable, share, switchMap, timer } from 'rxjs';
import type { Panel, TenantSpend } from '../../shared/dashboard.js';
import { readPanel } from '../dashboard/panel-reading.js';
import { ACCOUNT_RULE, TENANTS } from './plans.js';
import { SpendLog } from './spend-log.js';

const INTERVAL_MS = 1_000;
/** A burst makes hundreds of changes a second. */
const PAUSE_MS = 250;

/** Reads what counts against the limits: repeatedly while somebody watches, and after each completion. */
@Injectable()
export class TenantReader {
  panel: Panel<readonly TenantSpend[]> = { data: null, readAt: null, problem: null };

  /** Shared by all subscribers. */
  readonly panel$: Observable<Panel<readonly TenantSpend[]>>;

  constructor(
    private readonly limits: SpendLimitsService,
    log: SpendLog,
  ) {
    this.panel$ = merge(timer(0, INTERVAL_MS), log.changes$.pipe(auditTime(PAUSE_MS))).pipe(
      switchMap(() => this.read()),
      map((panel) => (this.panel = panel)),
      share(),
    );
  }

  private read(): Promise<Panel<readonly TenantSpend[]>> {
    return readPanel(this.panel, async () => {
      const usages = await Promise.all(TENANTS.map(({ tenant }) => this.limits.usage({ tenant })));
      const whole = usages[0]!.find(({ rule }) => rule === ACCOUNT_RULE)!;
      return [
        rowOf(whole, null, 'all tenants'),
        ...TENANTS.map(({ tenant, plan }, index) =>
          rowOf(
            usages[index]!.find(({ subject }) => subject['tenant'] === tenant)!,
            tenant,
            plan,
          ),
        ),
      ];
    });
  }
}

function rowOf(usage: SpendUsage, tenant: string | null, plan: string): TenantSpend {
  const { limitUsd, spentUsd, heldUsd, unsettledUsd, remainingUsd, resetsAt } = usage;
  return {
    tenant,
    plan,
    limit: limitUsd,
    spent: spentUsd,
    held: heldUsd,
    unsettled: unsettledUsd,
    remaining: remainingUsd,
    resetsAt: resetsAt?.getTime() ?? null,
  };
}
