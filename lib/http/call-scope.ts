import { allowManyListeners } from '../async/abort-signals.js';
import { peek } from '../untrusted/peek.js';

/** What ended a step early. */
export type Interruption = 'timeoutMs' | 'deadlineMs' | 'abort' | 'closed';

/** Something that takes time. Calls one of the two functions when it is done, and returns how to end it early. */
export type Step<T> = (
  resolve: (value: T) => void,
  reject: (error: Error) => void,
) => (() => void) | undefined;

/** The calls of an account that have not ended. */
export class OpenCalls {
  readonly scopes = new Set<CallScope>();

  /** Ends all calls because the account is closed. */
  shutDown(): void {
    for (const scope of [...this.scopes]) {
      scope.shutDown();
    }
  }
}

/**
 * The bounds of one call: its deadline, the caller's signal, and the closing of the account.
 *
 * Everything that a call waits for is a step within these bounds, so the call settles in time even if the step never
 * does.
 */
export class CallScope {
  readonly #endsAt: number;
  readonly #onAbort = (): void => this.#end('abort');
  #interrupt: ((why: Interruption) => void) | undefined;
  #ended: Interruption | undefined;

  constructor(
    readonly deadlineMs: number,
    private readonly signal: AbortSignal | undefined,
    private readonly open: OpenCalls,
    // Monotonic, so that a jump of the wall clock changes no deadline.
    startedAt = performance.now(),
  ) {
    this.#endsAt = startedAt + deadlineMs;
    open.scopes.add(this);
    if (signal?.aborted === true) {
      this.#ended = 'abort';
    } else if (this.remainingMs === 0) {
      this.#ended = 'deadlineMs';
    } else if (signal !== undefined) {
      allowManyListeners(signal);
      signal.addEventListener('abort', this.#onAbort);
    }
  }

  /** Milliseconds until the deadline; 0 once the call has ended. */
  get remainingMs(): number {
    return this.#ended === undefined ? Math.max(0, this.#endsAt - performance.now()) : 0;
  }

  /**
   * Runs one step within the bounds of the call.
   *
   * @param toError - Makes the error of an interruption. Called before the step is ended, so that it can read the
   *   step's state.
   * @param limitMs - A further limit for this step, in milliseconds.
   */
  run<T>(step: Step<T>, toError: (why: Interruption) => Error, limitMs = Infinity): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const rejectWith = (why: Interruption): void => reject(errorOf(toError, why));
      if (this.#ended !== undefined) {
        rejectWith(this.#ended);
        return;
      }
      const remainingMs = this.remainingMs;
      const own = limitMs < remainingMs;
      // Set after the step has started; the step may be interrupted while it starts.
      const running: { end: (() => void) | undefined } = { end: undefined };
      const settle = (): void => {
        clearTimeout(timer);
        // A step that was interrupted may report back while the next one is running.
        if (this.#interrupt === interrupt) {
          this.#interrupt = undefined;
        }
      };
      const interrupt = (why: Interruption): void => {
        settle();
        // The timer may fire a fraction of a millisecond early; nothing may start in that time.
        if (why === 'deadlineMs') {
          this.#ended ??= why;
        }
        rejectWith(why);
        running.end?.();
      };
      const timer = setTimeout(
        () => interrupt(own ? 'timeoutMs' : 'deadlineMs'),
        own ? limitMs : remainingMs,
      );
      this.#interrupt = interrupt;
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      try {
        running.end = step((value) => {
          settle();
          resolve(value);
        }, fail);
      } catch (error) {
        fail(error as Error);
      }
    });
  }

  /** The reason of the caller's signal. */
  get reason(): unknown {
    return peek(this.signal, 'reason');
  }

  /** Ends the call because the account is closed. */
  shutDown(): void {
    this.#end('closed');
  }

  /** Releases the signal and leaves the open calls. Nothing may run in the scope afterwards. */
  leave(): void {
    this.open.scopes.delete(this);
    this.signal?.removeEventListener('abort', this.#onAbort);
  }

  #end(why: Interruption): void {
    this.#ended ??= why;
    this.#interrupt?.(why);
  }
}

/** An error thrown by a timer or a signal's listener would end the process, and the step would never settle. */
function errorOf(toError: (why: Interruption) => Error, why: Interruption): Error {
  try {
    return toError(why);
  } catch (error) {
    return error as Error;
  }
}
