import { fileURLToPath } from 'node:url';
import { BadRequestException, type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { APP_PIPE } from '@nestjs/core';
import { ServeStaticModule } from '@nestjs/serve-static';
import {
  InMemorySpendStore,
  type OpenRouterFactoryOptions,
  OpenRouterModule,
  provideOpenRouterExceptionFilter,
} from 'nestjs-openrouter';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { TrafficLog } from './dashboard/traffic-log.js';
import { InstrumentationModule } from './instrumentation.module.js';
import { LedgerModule } from './ledger/ledger.module.js';
import type { SpendDatabase } from './ledger/spend-database.js';
import { openrouterConfig } from './openrouter.config.js';
import { SandboxModule } from './sandbox/sandbox.module.js';
import { RULES } from './spending/plans.js';
import { SpendLog } from './spending/spend-log.js';
import { StoreSwitch } from './spending/store-switch.js';

/** In dollars. Below them, an alert is sent. */
const THRESHOLDS = { low: 8, critical: 3 };

/** The sandbox's figures are never late. OpenRouter's are up to a minute late. */
const SANDBOX_POLL_MS = 1_000;
const POLL_MS = 60_000;

/** A lost process is noticed within this time. */
const LEASE_MS = 20_000;

/** Answers that are still open when the program ends. The sandbox knows their costs at once. */
const SHUTDOWN_MS = 500;

/** The folder beside the compiled `src`. */
const PAGE = fileURLToPath(new URL('../page', import.meta.url));

@Module({})
export class AppModule {
  /**
   * @param sandbox - The account, if it is a sandbox. A real account is read-only.
   * @param database - Where the application keeps what is spent. Default: for a sandbox the memory, else nowhere.
   */
  static of(sandbox?: OpenRouterSandbox, database?: SpendDatabase): DynamicModule {
    const pollIntervalMs = sandbox === undefined ? POLL_MS : SANDBOX_POLL_MS;
    const spendStore = new StoreSwitch(database?.store ?? new InMemorySpendStore());
    return {
      module: AppModule,
      imports: [
        InstrumentationModule,
        OpenRouterModule.forRootAsync({
          isGlobal: true,
          imports: [ConfigModule.forFeature(openrouterConfig)],
          inject: [openrouterConfig.KEY, TrafficLog, SpendLog],
          useFactory: (account: OpenRouterFactoryOptions, traffic: TrafficLog, spend: SpendLog) => ({
            ...account,
            instrumentation: [traffic, spend],
            balance: { watch: true, thresholds: THRESHOLDS, ttlMs: pollIntervalMs, pollIntervalMs },
            // A real account is only read: nothing is spent, so nothing is limited. Its ledger is read, too.
            ...(sandbox === undefined
              ? database !== undefined && { spendLimits: { rules: [], store: database.store } }
              : {
                  spendLimits: { rules: RULES, store: spendStore.store, leaseMs: LEASE_MS },
                  metering: { shutdownMs: SHUTDOWN_MS },
                }),
          }),
        }),
        DashboardModule,
        ...(database === undefined ? [] : [LedgerModule.of(database)]),
        ...(sandbox === undefined ? [] : [SandboxModule.of(sandbox, spendStore)]),
        ServeStaticModule.forRoot({
          rootPath: PAGE,
          // There is one page. Any other unknown path is a 404.
          renderPath: '/',
          // `setUpHttp` sets the cache headers.
          serveStaticOptions: { cacheControl: false },
        }),
      ],
      providers: [
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({
            whitelist: true,
            forbidNonWhitelisted: true,
            stopAtFirstError: true,
            // One string, as in every other error answer.
            exceptionFactory: (errors) =>
              new BadRequestException(
                errors.flatMap(({ constraints = {} }) => Object.values(constraints)).join('; '),
              ),
          }),
        },
        // The users of a back-office page manage the account, so they see OpenRouter's own messages.
        provideOpenRouterExceptionFilter({ mapping: 'mirror' }),
      ],
    };
  }
}
