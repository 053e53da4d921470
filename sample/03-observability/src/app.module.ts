import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Redis } from 'ioredis';
import { OpenRouterModule, provideOpenRouterExceptionFilter } from 'nestjs-openrouter';
import { OpenRouterHealthModule } from 'nestjs-openrouter/health';
import { OpenRouterMetrics } from 'nestjs-openrouter/metrics';
import { RedisBalanceStore } from 'nestjs-openrouter/redis';
import { Registry } from 'prom-client';
import type { Account } from './account.js';
import { CompletionsController } from './completions.controller.js';
import { Completions } from './completions.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MoneyAlerts } from './money-alerts.js';
import { RedisEnd } from './redis.js';

export interface AppOptions {
  readonly account: Account;
  /** Shares the balance between replicas. */
  readonly redis?: Redis | undefined;
  /** How often the balance is read, in milliseconds. */
  readonly pollIntervalMs: number;
}

@Module({})
export class AppModule {
  static of({ account, redis, pollIntervalMs }: AppOptions): DynamicModule {
    const registry = new Registry();
    return {
      module: AppModule,
      imports: [
        OpenRouterModule.forRoot({
          ...account,
          instrumentation: new OpenRouterMetrics({ registry }),
          balance: {
            store: redis && new RedisBalanceStore(redis),
            pollIntervalMs,
            ttlMs: pollIntervalMs,
            // Reads the balance from the start, so that the metrics show it before the first request.
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
        ...(redis === undefined ? [] : [{ provide: Redis, useValue: redis }, RedisEnd]),
        provideOpenRouterExceptionFilter({ mapping: 'gateway' }),
      ],
    };
  }
}
