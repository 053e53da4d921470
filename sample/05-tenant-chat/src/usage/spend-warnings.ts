import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { formatUsd, SpendLimitsService } from 'nestjs-openrouter';

/** Writes the warnings to the log. Send mails to the tenant in the same place. */
@Injectable()
export class SpendWarnings implements OnApplicationBootstrap {
  private readonly logger = new Logger('Spend');

  constructor(private readonly spendLimits: SpendLimitsService) {}

  onApplicationBootstrap(): void {
    // Ends with the application. Of several replicas, one gets each warning.
    this.spendLimits.alerts$.subscribe(({ fraction, usage: { rule, subject, limitUsd } }) => {
      const who = Object.values(subject).join('/');
      this.logger.warn(`${who}: ${fraction * 100} % of ${formatUsd(limitUsd ?? 0)} (${rule})`);
    });
  }
}
