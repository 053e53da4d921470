import {
  ConflictException,
  Injectable,
  type OnModuleDestroy,
  ServiceUnavailableException,
} from '@nestjs/common';

/** How long the end of the application waits for changes that are under way. */
const PATIENCE_MS = 5_000;

/** Lets one change of a tenant run at a time, and the application end between two changes. */
@Injectable()
export class TenantLock implements OnModuleDestroy {
  private readonly running = new Map<string, Promise<unknown>>();
  private readonly shutdown = new AbortController();
  private closed = false;

  isTaken(tenantId: string): boolean {
    return this.running.has(tenantId);
  }

  /**
   * @param change - Gets a signal that ends what it waits for.
   * @throws `ConflictException` if another change of this tenant is under way.
   */
  async hold<T>(tenantId: string, change: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.closed) {
      throw new ServiceUnavailableException('The server is about to end.');
    }
    if (this.isTaken(tenantId)) {
      throw new ConflictException(`Another change of the tenant ${tenantId} is under way.`);
    }
    const running = change(this.shutdown.signal);
    this.running.set(tenantId, running);
    try {
      return await running;
    } finally {
      this.running.delete(tenantId);
    }
  }

  /** A change that is cut off is taken up at the next start, but a creation then costs an orphan. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    const timer = setTimeout(() => this.shutdown.abort(), PATIENCE_MS);
    await Promise.allSettled(this.running.values());
    clearTimeout(timer);
  }
}
