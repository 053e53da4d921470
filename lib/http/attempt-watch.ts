import type { InstrumentationHooks } from '../account/instrumentation-hooks.js';
import type { OpenRouterAttempt, OpenRouterAttemptFailure } from '../contracts/instrumentation.js';
import { OpenRouterApiException } from '../errors/api.exception.js';
import { type CallFailure, deliveryIn, isValue, type Outcome } from './call-failure.js';
import type { OpenRouterCall } from './openrouter-call.js';

/** Reports one attempt to the instrumentations. */
export interface AttemptWatch {
  /** Runs the attempt, and reports its start and its outcome. */
  run<T>(attempt: () => Promise<Outcome<T>>): Promise<Outcome<T>>;
  /** Reports that there will be another attempt. */
  retry(failure: CallFailure, delayMs: number): void;
}

/** For accounts without instrumentations: nothing is measured. */
const UNWATCHED: AttemptWatch = {
  run: (attempt) => attempt(),
  retry: () => undefined,
};

/**
 * Watches an attempt of a call.
 *
 * @param number - 1 for the first attempt.
 */
export function watchAttempt(
  hooks: InstrumentationHooks,
  { operation, method, path }: OpenRouterCall<unknown>,
  number: number,
): AttemptWatch {
  if (hooks.isEmpty) {
    return UNWATCHED;
  }
  const attempt: OpenRouterAttempt = Object.freeze({
    operation,
    method,
    urlTemplate: path,
    ...hooks.account,
    attempt: number,
  });
  const startedAt = performance.now();
  let durationMs = 0;
  return {
    run: async (start) => {
      hooks.each((each) => each.onRequest?.(attempt));
      const outcome = await runWrapped(hooks, attempt, start);
      durationMs = performance.now() - startedAt;
      if (isValue(outcome)) {
        const { status } = outcome;
        hooks.each((each) => each.onResponse?.(attempt, { status, durationMs }));
      } else {
        const failure = describe(outcome.failure, durationMs);
        hooks.each((each) => each.onError?.(attempt, failure));
      }
      return outcome;
    },
    retry: (failure, delayMs) => {
      const retry = { ...describe(failure, durationMs), delayMs };
      hooks.each((each) => each.onRetry?.(attempt, retry));
    },
  };
}

/** The attempt runs once, whether an instrumentation calls it never or several times. */
function runWrapped<T>(
  hooks: InstrumentationHooks,
  attempt: OpenRouterAttempt,
  start: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  let outcome: Promise<Outcome<T>> | undefined;
  const once = (): Promise<Outcome<T>> => (outcome ??= start());
  hooks.wrap(attempt, async () => valueOf(await once()));
  return once();
}

/** A failure rejects inside `wrap`, so that a tracer sees what the caller sees. */
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
