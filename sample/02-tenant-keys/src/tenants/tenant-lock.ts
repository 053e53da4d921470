import {
  ConflictException,
  Injectable,
  type OnModuleDestroy,
  ServiceUnavailableException,
} from '@nestjs/common';

/** How long the shutdown waits for running changes. */
const SHUTDOWN_TIMEOUT_MS = 5_000;

/** Runs one change of a tenant at a time, and lets the application end only between changes. */
@Injectable()
export class TenantLock implements OnModuleDestroy {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly shutdown = new AbortController();
  private closed = false;

  isTaken(tenantId: string): boolean {
    return this.running.has(tenantId);
  }

  /**
   * @param change - Called with a signal that aborts its requests.
   * @throws `ConflictException` if another change of this tenant is running.
   */
  async hold<T>(tenantId: string, change: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.closed) {
      throw new ServiceUnavailableException('The server is shutting down.');
    }
    if (this.isTaken(tenantId)) {
      throw new ConflictException(`Another change of the tenant ${tenantId} is running.`);
    }
    const running = change(this.shutdown.signal);
    this.running.set(tenantId, running);
    try {
      return await running;
    } finally {
      this.running.delete(tenantId);
    }
  }

  /** An aborted change is finished after the next start. An aborted creation may leave a key that is then deleted. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    const timer = setTimeout(() => this.shutdown.abort(), SHUTDOWN_TIMEOUT_MS);
    await Promise.allSettled(this.running.values());
    clearTimeout(timer);
  }
}
