import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SpendLimitsService } from 'nestjs-openrouter';
import { AlertLog } from '../dashboard/alert-log.js';

/** Shows the warnings of the spend limits among the other alerts. */
@Injectable()
export class LimitAlerts implements OnApplicationBootstrap {
  constructor(
    private readonly limits: SpendLimitsService,
    private readonly alerts: AlertLog,
  ) {}

  onApplicationBootstrap(): void {
    // Ends with the application.
    this.limits.alerts$.subscribe(({ type, fraction, at, usage: { subject, limitUsd, resetsAt } }) =>
      this.alerts.add({
        type,
        at: at.getTime(),
        tenant: subject['tenant'] ?? null,
        fraction,
        limit: limitUsd,
        resetsAt: resetsAt?.getTime() ?? null,
      }),
    );
  }
}
