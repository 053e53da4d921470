import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { type BalanceStore, OpenRouterModule, provideOpenRouterExceptionFilter } from 'nestjs-openrouter';
import { OpenRouterHealthModule } from 'nestjs-openrouter/health';
import { OpenRouterMetrics } from 'nestjs-openrouter/metrics';
import { Registry } from 'prom-client';
import type { Account } from './account.js';
import { CompletionsController } from './completions.controller.js';
import { Completions } from './completions.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MoneyAlerts } from './money-alerts.js';

/** What the application is made of, besides its own code. */
export interface AppParts {
  readonly account: Account;
  /** Shares the balance with other replicas. */
  readonly store?: BalanceStore;
  /** How often the balance is read, in milliseconds; OpenRouter's own figures are a minute old. */
  readonly pollIntervalMs?: number;
}

@Module({})
export class AppModule {
  static of({ account, store, pollIntervalMs = 60_000 }: AppParts): DynamicModule {
    const registry = new Registry();
    return {
      module: AppModule,
      imports: [
        OpenRouterModule.forRoot({
          ...account,
          instrumentation: new OpenRouterMetrics({ registry }),
          balance: {
            store,
            pollIntervalMs,
            ttlMs: pollIntervalMs,
            // Metrics show a balance from the start on, not only once somebody has asked.
            watch: true,
            thresholds: { low: 1.5, critical: 0.5 },
          },
        }),
        TerminusModule,
        OpenRouterHealthModule.forRoot(),
      ],
      controllers: [CompletionsController, HealthController, MetricsController],
      providers: [
        Completions,
        MoneyAlerts,
        { provide: Registry, useValue: registry },
        { provide: Completions.ACCOUNT, useValue: account },
        provideOpenRouterExceptionFilter({ mapping: 'gateway' }),
      ],
    };
  }
}
