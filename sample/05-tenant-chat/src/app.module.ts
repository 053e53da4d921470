import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { OpenRouterModule, provideOpenRouterExceptionFilter } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import type { Database } from 'sample-shared/database';
import { Account } from './account.js';
import { Assistant } from './chat/assistant.js';
import { ChatController } from './chat/chat.controller.js';
import { DatabaseEnd, DatabaseModule } from './database.module.js';
import { planRules } from './tenants/plans.js';
import { SignInGuard } from './tenants/sign-in.js';
import { Tenants } from './tenants/tenants.js';
import { SpendWarnings } from './usage/spend-warnings.js';
import { UsageController } from './usage/usage.controller.js';

/** What is reserved for an answer until 30 of them have shown what they cost. */
const HOLD_USD = 0.07;

export interface AppOptions {
  readonly account: Account;
  readonly database: Database;
  /** After how many milliseconds without a sign of life an answer counts as lost. */
  readonly leaseMs?: number | undefined;
}

@Module({ providers: [Tenants], exports: [Tenants] })
class TenantsModule {}

@Module({})
export class AppModule {
  static of({ account, database, leaseMs }: AppOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [
        DatabaseModule.of(database),
        TenantsModule,
        OpenRouterModule.forRootAsync({
          imports: [TenantsModule],
          inject: [Tenants],
          useFactory: async (tenants: Tenants) => {
            const store = new PostgresSpendStore(database);
            await store.migrate();
            return {
              apiKey: account.apiKey,
              baseUrl: account.baseUrl,
              spendLimits: { store, rules: planRules(tenants), holdUsd: HOLD_USD, leaseMs },
            };
          },
        }),
      ],
      controllers: [ChatController, UsageController],
      providers: [
        Assistant,
        SpendWarnings,
        DatabaseEnd,
        { provide: Account, useValue: account },
        { provide: APP_GUARD, useClass: SignInGuard },
        { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, transform: true }) },
        // `foreign`: the answers of the meter and of OpenRouter arrive as errors of `openai`.
        provideOpenRouterExceptionFilter({ mapping: 'gateway', foreign: true }),
      ],
    };
  }
}
