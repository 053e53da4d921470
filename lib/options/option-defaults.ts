import type {
  ResolvedBalanceOptions,
  ResolvedMeteringOptions,
  ResolvedRetryOptions,
} from './openrouter-options.js';
import type { ResolvedSpendLimitsOptions } from './spend-limits-options.js';

/** The name of the account without a name, if one is needed. */
export const DEFAULT_ACCOUNT = 'default';

export const DEFAULT_BASE_URL = 'https://openrouter.ai/api/v1';
export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_DEADLINE_MS = 30_000;
export const DEFAULT_MAX_RESPONSE_BYTES = 33_554_432;

export const DEFAULT_RETRY: ResolvedRetryOptions = Object.freeze({
  maxRetries: 3,
  initialDelayMs: 500,
  backoffMultiplier: 2,
  maxDelayMs: 8_000,
  retryCodes: Object.freeze([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529]),
  retryThrottledPost: false,
});

export const DEFAULT_BALANCE: ResolvedBalanceOptions = Object.freeze({
  ttlMs: 60_000,
  staleWhileRevalidateMs: 300_000,
  staleIfErrorMs: 3_600_000,
  pollIntervalMs: 60_000,
  watch: false,
  thresholds: Object.freeze({ hysteresis: 0.1 }),
});

export const DEFAULT_METERING: ResolvedMeteringOptions = Object.freeze({
  byok: 'fee',
  onUnattributed: 'allow',
  shutdownMs: 5_000,
  lookupDelaysMs: Object.freeze([1_000, 2_000, 5_000, 15_000, 60_000, 300_000, 1_800_000]),
});

export const DEFAULT_SPEND_LIMITS: Omit<ResolvedSpendLimitsOptions, 'rules' | 'holdUsd'> & {
  readonly holdUsd: number;
} = Object.freeze({
  holdUsd: 0.05,
  maxHoldUsd: 1,
  learnHolds: true,
  leaseMs: 120_000,
  onStoreFailure: 'refuse',
});
