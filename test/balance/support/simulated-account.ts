import { jest } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import { type BalanceParts, connect } from '../../../lib/balance/open-balance.js';
import type { BalanceReading } from '../../../lib/balance/reading/balance-snapshot.js';
import type { AlertRule } from '../../../lib/balance/watch/alert-rule.js';
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

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** Lets faked time pass, and what waits for it happen. */
export function pass(ms: number): Promise<void> {
  return jest.advanceTimersByTimeAsync(ms);
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
  readonly reader: Pick<BalanceParts['reader'], 'get' | 'refresh' | 'invalidate'> &
    Pick<BalanceParts['cache'], 'peek' | 'recordSpend'> &
    Pick<BalanceParts, 'close'> & {
      /** Takes over what the store has. */
      readonly compare: () => Promise<unknown>;
    };
  readonly watch: BalanceParts['watch'];
}

/** One process that reads the account. */
export function replicaOf(
  account: SimulatedAccount,
  {
    store,
    random = () => 0.5,
    deadlineMs = 30_000,
    rule,
    ...options
  }: Partial<ResolvedBalanceOptions> & {
    store?: BalanceStore;
    random?: () => number;
    deadlineMs?: number;
    rule?: AlertRule;
  } = {},
): Replica {
  const clock = { ...SYSTEM_CLOCK, random };
  const { cache, reader, watch, exchange, close } = connect({
    options: { ...DEFAULT_BALANCE, ...options },
    deadlineMs,
    source: account.source,
    store: store && new BoundedStore(store, () => Promise.resolve('a1b2'), clock),
    clock,
    ...(rule !== undefined && { rule }),
  });
  return {
    reader: {
      get: (given) => reader.get(given),
      refresh: (signal) => reader.refresh(signal),
      invalidate: () => reader.invalidate(),
      peek: () => cache.peek(),
      recordSpend: (usd, isOtherKey) => cache.recordSpend(usd, isOtherKey),
      compare: () => Promise.resolve(exchange?.compare()),
      close,
    },
    watch,
  };
}
