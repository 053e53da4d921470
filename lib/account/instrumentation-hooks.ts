import type { BalanceNotice } from '../contracts/balance-figures.js';
import type {
  OpenRouterAttachedClient,
  OpenRouterAttempt,
  OpenRouterAttemptFailure,
  OpenRouterInstrumentation,
} from '../contracts/instrumentation.js';
import { OpenRouterApiException } from '../errors/api.exception.js';
import type { AccountSettings } from '../options/resolve-options.js';
import { type CallFailure, deliveryIn, isValue, type Outcome } from '../http/call-failure.js';
import type { OpenRouterCall } from '../http/openrouter-call.js';

/** Follows one attempt on behalf of the instrumentations. */
export interface AttemptWatch {
  /** Runs the attempt and tells how it has ended. */
  run<T>(attempt: () => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /** Tells that there will be another attempt. */
  retry(failure: CallFailure, delayMs: number): void;
}

/** Nobody watches, and nothing is measured. */
const UNWATCHED: AttemptWatch = {
  run: (attempt) => attempt(),
  retry: () => undefined,
};

/** Calls the hooks of an account's instrumentations, and keeps what they do wrong away from the call. */
export class InstrumentationHooks {
  readonly #instrumentations: readonly OpenRouterInstrumentation[];
  readonly #account: Pick<OpenRouterAttempt, 'account' | 'serverAddress' | 'serverPort'>;

  constructor({ instrumentations, account, options }: AccountSettings) {
    const { hostname, port, protocol } = new URL(options.baseUrl);
    this.#instrumentations = instrumentations;
    this.#account = {
      account,
      serverAddress: hostname,
      serverPort: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    };
  }

  /** Hands out the client that the account has got. */
  attach(client: OpenRouterAttachedClient): void {
    const { account } = this.#account;
    this.#each((hooks) => hooks.onAttach?.(client, account));
  }

  /** Tells of what this process has noticed of the account's money. */
  alert(alert: BalanceNotice): void {
    const { account } = this.#account;
    this.#each((hooks) => hooks.onAlert?.(alert, account));
  }

  /** Follows an attempt, the first one being number 1. */
  watch({ operation, method, path }: OpenRouterCall<unknown>, number: number): AttemptWatch {
    if (this.#instrumentations.length === 0) {
      return UNWATCHED;
    }
    const attempt: OpenRouterAttempt = Object.freeze({
      operation,
      method,
      urlTemplate: path,
      ...this.#account,
      attempt: number,
    });
    const startedAt = performance.now();
    let durationMs = 0;
    return {
      run: async (start) => {
        this.#each((hooks) => hooks.onRequest?.(attempt));
        const outcome = await this.#wrap(attempt, start);
        durationMs = performance.now() - startedAt;
        if (isValue(outcome)) {
          const { status } = outcome;
          this.#each((hooks) => hooks.onResponse?.(attempt, { status, durationMs }));
        } else {
          const failure = describe(outcome.failure, durationMs);
          this.#each((hooks) => hooks.onError?.(attempt, failure));
        }
        return outcome;
      },
      retry: (failure, delayMs) => {
        const retry = { ...describe(failure, durationMs), delayMs };
        this.#each((hooks) => hooks.onRetry?.(attempt, retry));
      },
    };
  }

  /** Runs an attempt inside every `wrap`, the first instrumentation outermost. Its outcome is its own, whatever they do. */
  #wrap<T>(attempt: OpenRouterAttempt, start: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    let outcome: Promise<Outcome<T>> | undefined;
    const once = (): Promise<Outcome<T>> => (outcome ??= start());
    const innermost = async (): Promise<T> => valueOf(await once());
    const outermost = this.#instrumentations.reduceRight<() => Promise<T>>(
      (next, instrumentation) => () => wrapSafely(instrumentation, attempt, next),
      innermost,
    );
    outermost().catch(ignore);
    return once();
  }

  #each(call: (hooks: OpenRouterInstrumentation) => unknown): void {
    for (const instrumentation of this.#instrumentations) {
      try {
        // A hook that is async against its type must not end the process by a rejection that nobody handles.
        Promise.resolve(call(instrumentation)).catch(ignore);
      } catch {
        // A hook that throws never fails a call.
      }
    }
  }
}

function wrapSafely<T>(
  instrumentation: OpenRouterInstrumentation,
  attempt: OpenRouterAttempt,
  next: () => Promise<T>,
): Promise<T> {
  try {
    return Promise.resolve(instrumentation.wrap?.(attempt, next) ?? next());
  } catch {
    return next();
  }
}

/** A tracer sees a failure as what it is to the caller. */
function valueOf<T>(outcome: Outcome<T>): T {
  if (isValue(outcome)) {
    return outcome.value;
  }
  throw outcome.failure.exception;
}

function describe({ exception }: CallFailure, durationMs: number): OpenRouterAttemptFailure {
  const status = exception instanceof OpenRouterApiException ? { status: exception.status } : {};
  return { error: exception, ...status, delivery: deliveryIn(exception), durationMs };
}

function ignore(): void {
  // The caller gets the outcome of the attempt itself.
}
