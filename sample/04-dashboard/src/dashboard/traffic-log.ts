import type {
  OpenRouterAttempt,
  OpenRouterAttemptFailure,
  OpenRouterAttemptSuccess,
  OpenRouterInstrumentation,
} from 'nestjs-openrouter';
import type { Traffic } from '../../shared/dashboard.js';

const WINDOW_SECONDS = 60;
const FAILURES_KEPT = 10;

/** At a higher rate, the first durations of a second represent it. */
const DURATIONS_KEPT_PER_SECOND = 200;

/** The operations of a balance reading. Nothing else in this application uses them. */
const BALANCE_OPERATIONS: ReadonlySet<string> = new Set(['credits.getCredits', 'apiKeys.getCurrent']);

/** The counters of one second. */
interface Second {
  readonly number: number;
  ok: number;
  failed: number;
  retries: number;
  guardChecks: number;
  balanceAttempts: number;
  readonly durations: number[];
}

type Failure = Traffic['failures'][number];

/** Counts the attempts of the last minute. Its memory does not grow with the traffic. */
export class TrafficLog implements OpenRouterInstrumentation {
  private seconds: Second[] = [];
  private failures: Failure[] = [];
  private balanceFailure: Failure | undefined;

  private readonly since: number;

  constructor(private readonly now: () => number = Date.now) {
    this.since = now();
  }

  onResponse(attempt: OpenRouterAttempt, { durationMs }: OpenRouterAttemptSuccess): void {
    this.count(attempt, durationMs).ok += 1;
  }

  onError(attempt: OpenRouterAttempt, { durationMs, error, status }: OpenRouterAttemptFailure): void {
    this.count(attempt, durationMs).failed += 1;
    // The package removes keys from messages.
    const { operation } = attempt;
    const message = withoutPrefix(error.message, `${operation}: `);
    const failure = { at: this.now(), operation, status: status ?? null, message };
    this.failures = [failure, ...this.failures].slice(0, FAILURES_KEPT);
    if (isOfBalance(attempt)) this.balanceFailure = failure;
  }

  onRetry(): void {
    this.second().retries += 1;
  }

  /** Called before the guard of a route checks the balance. */
  recordGuardCheck(): void {
    this.second().guardChecks += 1;
  }

  /** Why the last failed reading of the balance failed. */
  get lastBalanceFailure(): string | undefined {
    return this.balanceFailure?.message;
  }

  get traffic(): Traffic {
    const current = this.second().number;
    const seconds = this.seconds;
    const sum = (of: (second: Second) => number): number =>
      seconds.reduce((total, second) => total + of(second), 0);
    const errors = sum(({ failed }) => failed);
    return {
      windowMs: WINDOW_SECONDS * 1000,
      since: this.since,
      attempts: errors + sum(({ ok }) => ok),
      errors,
      retries: sum(({ retries }) => retries),
      p95Ms: percentile(
        seconds.flatMap(({ durations }) => durations),
        0.95,
      ),
      guardChecks: sum(({ guardChecks }) => guardChecks),
      balanceAttempts: sum(({ balanceAttempts }) => balanceAttempts),
      perSecond: Array.from({ length: WINDOW_SECONDS }, (_, index) => {
        const number = current - WINDOW_SECONDS + 1 + index;
        const { ok = 0, failed = 0 } = seconds.find((second) => second.number === number) ?? {};
        return { ok, failed };
      }),
      failures: this.failures,
    };
  }

  private count(attempt: OpenRouterAttempt, durationMs: number): Second {
    const second = this.second();
    if (second.durations.length < DURATIONS_KEPT_PER_SECOND) second.durations.push(durationMs);
    if (isOfBalance(attempt)) second.balanceAttempts += 1;
    return second;
  }

  /** The current second. Drops the seconds that are older than the window. */
  private second(): Second {
    const number = Math.floor(this.now() / 1000);
    const last = this.seconds.at(-1);
    // If the clock was set back, the newest second goes on.
    if (last !== undefined && last.number >= number) return last;
    const second = {
      number,
      ok: 0,
      failed: 0,
      retries: 0,
      guardChecks: 0,
      balanceAttempts: 0,
      durations: [],
    };
    this.seconds = [...this.seconds, second].filter((each) => each.number > number - WINDOW_SECONDS);
    return second;
  }
}

function isOfBalance({ operation }: OpenRouterAttempt): boolean {
  return BALANCE_OPERATIONS.has(operation);
}

function withoutPrefix(message: string, prefix: string): string {
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

/** The percentile by nearest rank. */
function percentile(values: readonly number[], part: number): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? null;
}
