import { allowManyListeners } from '../async/abort-signals.js';
import { peek } from '../untrusted/peek.js';

/** What ended a step before it was done. */
export type Interruption = 'timeoutMs' | 'deadlineMs' | 'abort' | 'closed';

/**
 * Something that takes time: calls one of the two when it is done, and returns how to end it early.
 */
export type Step<T> = (
  resolve: (value: T) => void,
  reject: (error: Error) => void,
) => (() => void) | undefined;

/** The calls of an account that are under way. */
export class OpenCalls {
  readonly scopes = new Set<CallScope>();

  /** Ends them all because the account is closed. */
  shutDown(): void {
    for (const scope of [...this.scopes]) {
      scope.shutDown();
    }
  }
}

/**
 * The bounds of one call: its deadline, the caller's signal, and the life of the account.
 *
 * Every wait of a call is a step that runs inside these bounds, so that each settles in time even where the thing
 * waited for never does.
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
    // Monotonic: a jump of the wall clock neither shortens nor prolongs a call.
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
   * Runs one step within the call's bounds and, if given, a limit of its own in milliseconds.
   *
   * @param toError - Makes the error of an interruption; asked before the step is ended, so that it can look at it.
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
      // Assigned last: a step may be ended from within its own start.
      const running: { end: (() => void) | undefined } = { end: undefined };
      const settle = (): void => {
        clearTimeout(timer);
        // A step that was ended may still report back later, when the next one is under way.
        if (this.#interrupt === interrupt) {
          this.#interrupt = undefined;
        }
      };
      const interrupt = (why: Interruption): void => {
        settle();
        // A timer may be early by a fraction of a millisecond, in which nothing must begin any more.
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

  /** What the caller's signal was aborted with. */
  get reason(): unknown {
    return peek(this.signal, 'reason');
  }

  /** Ends the call because the account is closed. */
  shutDown(): void {
    this.#end('closed');
  }

  /** Lets go of the signal and the account; nothing may run in the scope afterwards. */
  leave(): void {
    this.open.scopes.delete(this);
    this.signal?.removeEventListener('abort', this.#onAbort);
  }

  #end(why: Interruption): void {
    this.#ended ??= why;
    this.#interrupt?.(why);
  }
}

/** Thrown from a timer or a signal's listener, an error would end the process, and the step would never settle. */
function errorOf(toError: (why: Interruption) => Error, why: Interruption): Error {
  try {
    return toError(why);
  } catch (error) {
    return error as Error;
  }
}
