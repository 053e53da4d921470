import {
  type DynamicModule,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { CompletionsController } from '../completions/completions.controller.js';
import { Completions } from '../completions/completions.js';
import { TrafficLog } from '../dashboard/traffic-log.js';
import { LimitAlerts } from '../spending/limit-alerts.js';
import { StoreSwitch } from '../spending/store-switch.js';
import { TenantReader } from '../spending/tenant-reader.js';
import { BusyTraffic } from './busy-traffic.js';
import { ChargesController } from './charges.controller.js';
import { LostWorker } from './lost-worker.js';
import { SandboxPlayground } from './sandbox-playground.js';
import { SandboxController } from './sandbox.controller.js';

/** A sandbox keeps every request and every charge for tests. Here nobody reads them, for hours. */
const FORGET_EVERY_MS = 60_000;

/** Everything that costs money or causes failures. Exists only with a sandbox, which ends together with the application. */
@Module({})
export class SandboxModule implements NestModule, OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sandbox: OpenRouterSandbox,
    private readonly traffic: TrafficLog,
  ) {}

  static of(sandbox: OpenRouterSandbox, spendStore: StoreSwitch): DynamicModule {
    return {
      module: SandboxModule,
      // The dashboard shows the controls of the sandbox.
      global: true,
      controllers: [ChargesController, CompletionsController, SandboxController],
      providers: [
        { provide: OpenRouterSandbox, useValue: sandbox },
        { provide: StoreSwitch, useValue: spendStore },
        BusyTraffic,
        Completions,
        LimitAlerts,
        LostWorker,
        SandboxPlayground,
        TenantReader,
      ],
      exports: [OpenRouterSandbox, SandboxPlayground, TenantReader],
    };
  }

  configure(consumer: MiddlewareConsumer): void {
    // Runs before the guard, so that refused requests are counted, too.
    consumer
      .apply((_request: unknown, _response: unknown, next: () => void) => {
        this.traffic.recordGuardCheck();
        next();
      })
      .forRoutes(CompletionsController);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sandbox.clearRequests();
      this.sandbox.clearCharges();
    }, FORGET_EVERY_MS).unref();
  }

  /** A running sandbox keeps the process alive. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sandbox.stop();
  }
}
