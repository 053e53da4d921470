import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { BalanceService, formatUsd } from 'nestjs-openrouter';

/** Writes the alerts to the log. Send mails or chat messages in the same place. */
@Injectable()
export class MoneyAlerts implements OnApplicationBootstrap {
  private readonly logger = new Logger('Money');

  constructor(private readonly balance: BalanceService) {}

  onApplicationBootstrap(): void {
    // Ends with the application. If replicas share a store, only one of them gets each alert.
    this.balance.alerts$.subscribe(({ type, threshold, snapshot }) => {
      const left = snapshot?.spendable;
      const what =
        left === undefined || left === null ? 'what is left is not known' : `${formatUsd(left)} left`;
      const line = `${type}${threshold === undefined ? '' : ` (${formatUsd(threshold)})`}: ${what}`;
      if (type === 'recovered') this.logger.log(line);
      else this.logger.warn(line);
    });
  }
}
