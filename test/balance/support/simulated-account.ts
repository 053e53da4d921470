import { jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import { BalanceReader } from '../../../lib/balance/cache/balance-reader.js';
import type { BalanceReading } from '../../../lib/balance/reading/balance-snapshot.js';
import { BalanceWatch } from '../../../lib/balance/watch/balance-watch.js';
import { InMemoryBalanceStore } from '../../../lib/balance/store/in-memory-balance-store.js';
import { BoundedStore } from '../../../lib/balance/store/bounded-store.js';
import type { BalanceStore } from '../../../lib/contracts/balance-store.js';
import type { RequestOptions } from '../../../lib/contracts/request-options.js';
import { OpenRouterApiException } from '../../../lib/errors/api.exception.js';
import { DEFAULT_BALANCE } from '../../../lib/options/option-defaults.js';
import type { ResolvedBalanceOptions } from '../../../lib/options/openrouter-options.js';

/** Replaces clocks and timers; promises stay what they are. */
export function fakeTime(): void {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'], now: Date.UTC(2026, 0, 1) });
}

export function failure(status: number, retryAfterMs?: number): OpenRouterApiException {
  return new OpenRouterApiException({
    status,
    message: `failed with ${status}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** An account at OpenRouter without the network in between. */
export class SimulatedAccount {
  readonly credits = { totalCredits: 100, totalUsage: 0 };
  /** Why it does not answer. */
  fault: Error | undefined;
  /** How long it takes to answer. */
  latencyMs = 0;
  /** When it was asked. */
  readonly asked: number[] = [];
  /** How much time it was given. */
  readonly deadlines: (number | undefined)[] = [];

  readonly source = {
    read: async ({ signal, deadlineMs }: RequestOptions): Promise<BalanceReading> => {
      this.asked.push(performance.now());
      this.deadlines.push(deadlineMs);
      const { fault } = this;
      const credits = { ...this.credits };
      if (this.latencyMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
      }
      signal?.throwIfAborted();
      if (fault !== undefined) throw fault;
      return { credits, key: null, fetchedAt: Date.now() };
    },
    forget: () => undefined,
  };
}

export interface Replica {
  readonly reader: BalanceReader;
  readonly watch: BalanceWatch;
}

/** One process that reads the account. */
export function replicaOf(
  account: SimulatedAccount,
  {
    store,
    random = () => 0.5,
    deadlineMs = 30_000,
    ...options
  }: Partial<ResolvedBalanceOptions> & {
    store?: BalanceStore;
    random?: () => number;
    deadlineMs?: number;
  } = {},
): Replica {
  const clock = { ...SYSTEM_CLOCK, random };
  const resolved: ResolvedBalanceOptions = { ...DEFAULT_BALANCE, ...options };
  const bounded = new BoundedStore(store ?? new InMemoryBalanceStore(), () => Promise.resolve('a1b2'), clock);
  const reader = new BalanceReader({
    options: resolved,
    deadlineMs,
    source: account.source,
    store: bounded,
    isShared: store !== undefined,
    clock,
  });
  const { thresholds, pollIntervalMs } = resolved;
  return {
    reader,
    watch: new BalanceWatch({ reader, store: bounded, thresholds, pollIntervalMs, clock }),
  };
}
