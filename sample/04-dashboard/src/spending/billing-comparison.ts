import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BalanceService } from 'nestjs-openrouter';
import { Subject } from 'rxjs';
import type { Metered } from '../../shared/dashboard.js';
import { sumUsd } from '../dashboard/usd.js';
import { SpendLog } from './spend-log.js';

/** Compares what the meter has counted with what OpenRouter has billed. The difference was spent past the meter. */
@Injectable()
export class BillingComparison implements OnApplicationBootstrap {
  readonly changes$ = new Subject<void>();

  private start: { readonly at: number; readonly usageUsd: number; readonly meteredUsd: number } | undefined;
  private usageUsd = 0;

  constructor(
    private readonly balance: BalanceService,
    private readonly log: SpendLog,
  ) {}

  get metered(): Metered {
    const { start, log, usageUsd } = this;
    return {
      since: start?.at ?? null,
      metered: sumUsd([log.meteredUsd, -(start?.meteredUsd ?? 0)]),
      assumed: log.assumedUsd,
      billed: start === undefined ? null : sumUsd([usageUsd, -start.usageUsd]),
    };
  }

  onApplicationBootstrap(): void {
    // Ends with the application.
    this.balance.changes$.subscribe(({ totalUsage }) => {
      if (totalUsage === null) return;
      this.usageUsd = totalUsage;
      this.start ??= { at: Date.now(), usageUsd: totalUsage, meteredUsd: this.log.meteredUsd };
      this.changes$.next();
    });
  }
}
