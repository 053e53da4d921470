import { Module } from '@nestjs/common';
import { BillingComparison } from '../spending/billing-comparison.js';
import { AccountFacts } from './account-facts.js';
import { AccountReader } from './account-reader.js';
import { BalanceMonitor } from './balance-monitor.js';
import { BalanceRefresh } from './balance-refresh.js';
import { DashboardController } from './dashboard.controller.js';
import { DashboardService } from './dashboard.service.js';

@Module({
  controllers: [DashboardController],
  providers: [
    AccountFacts,
    AccountReader,
    BalanceMonitor,
    BalanceRefresh,
    BillingComparison,
    DashboardService,
  ],
})
export class DashboardModule {}
