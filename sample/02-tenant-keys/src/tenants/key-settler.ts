import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TenantKeys } from './tenant-keys.js';
import { TenantLock } from './tenant-lock.js';
import { TenantStore } from './tenant-store.js';

const INTERVAL_MS = 60_000;

/** Finishes what was left undone: at the start by a killed process, later by failed calls. */
@Injectable()
export class KeySettler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(KeySettler.name);
  /** Set while the application runs. */
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  constructor(
    private readonly store: TenantStore,
    private readonly keys: TenantKeys,
    private readonly lock: TenantLock,
  ) {}

  /** Does not wait, so that the application starts even if OpenRouter is out of reach. */
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

  /** A tenant that cannot be settled does not stop the others. */
  private async settle(tenantId: string): Promise<void> {
    try {
      await this.lock.hold(tenantId, (signal) => this.keys.settle(tenantId, signal));
    } catch (error) {
      this.logger.warn(`Tenant ${tenantId}: not settled yet (${String(error)})`);
    }
  }
}
