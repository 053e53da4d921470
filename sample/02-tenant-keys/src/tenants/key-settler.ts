import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TenantKeys } from './tenant-keys.js';
import { TenantLock } from './tenant-lock.js';
import { TenantStore } from './tenant-store.js';

const INTERVAL_MS = 60_000;

/** Takes up what was left undone: at the start by a process that was killed, later by calls that have failed. */
@Injectable()
export class KeySettler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KeySettler.name);
  /** There while the application runs. */
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  constructor(
    private readonly store: TenantStore,
    private readonly keys: TenantKeys,
    private readonly lock: TenantLock,
  ) {}

  /** Waits for nothing: the application starts even while OpenRouter is out of reach. */
  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), INTERVAL_MS).unref();
    void this.run();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (const tenant of this.store.tenants()) {
        if (this.timer === undefined) return;
        if (!this.lock.isTaken(tenant.id) && this.keys.nextStep(tenant) !== undefined) {
          await this.settle(tenant.id);
        }
      }
    } catch (error) {
      this.logger.error(error);
    } finally {
      this.running = false;
    }
  }

  /** One tenant that cannot be settled keeps no other from it. */
  private async settle(tenantId: string): Promise<void> {
    try {
      await this.lock.hold(tenantId, (signal) => this.keys.settle(tenantId, signal));
    } catch (error) {
      this.logger.warn(`Tenant ${tenantId}: not settled yet (${String(error)})`);
    }
  }
}
