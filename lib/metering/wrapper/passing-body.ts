import { allowManyListeners } from '../../async/abort-signals.js';
import type { CompletionOutcome } from '../../contracts/completion-cost.js';
import { peek } from '../../untrusted/peek.js';
import type { OpenCompletion } from '../completion/open-completion.js';
import type { UsageReader, WholeReader } from '../usage/usage-reader.js';

/** What reads the body: the stream that `fetch` has made, or its reader. */
type Cancellable = Pick<ReadableStream, 'cancel'>;

export interface PassingBodyParts {
  readonly usage: UsageReader;
  readonly completion: OpenCompletion;
  readonly signal: AbortSignal | undefined;
  /** Whether the status of the answer is that of an error. */
  readonly isError: boolean;
}

/**
 * The body of an answer on its way to the client: what of it was read, and how it ended. It never refers to the answer that
 * the client has, so that one which is dropped can be collected. The reason of an abort, and with it the signal and the
 * reader, may lead to the answer by the stack of an error: the signal is held weakly, the reader until the end.
 */
export class PassingBody {
  /** Whether nothing is lost if the client gets the body as a whole. It is if the cost of a stream waits for the end. */
  readonly canBeWhole: boolean;

  readonly #isError: boolean;
  readonly #signal: WeakRef<AbortSignal> | undefined;
  /** `undefined` at the end. */
  #followed: Pick<PassingBodyParts, 'usage' | 'completion'> | undefined;
  /** From the first read to the end. */
  #reader: Cancellable | undefined;
  /** Whether the client reads it as a whole: then it ends by itself, even if the client has dropped the answer. */
  #isWhole = false;

  constructor({ usage, completion, signal, isError }: PassingBodyParts) {
    this.canBeWhole = usage.whole !== undefined;
    this.#followed = { usage, completion };
    this.#isError = isError;
    if (signal !== undefined) {
      this.#signal = new WeakRef(signal);
      allowManyListeners(signal);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** Follows a body that the client reads as a whole. */
  readWhole(as: keyof WholeReader, reading: Promise<unknown>): Promise<unknown> {
    this.#isWhole = true;
    return reading.then(
      (value) => {
        this.#observe(({ whole }) => whole?.[as](value));
        this.complete();
        return value;
      },
      (error: unknown) => {
        if (isNamed(error, 'SyntaxError')) {
          this.complete();
        } else {
          this.fail(error);
        }
        throw error;
      },
    );
  }

  /** The client has begun to read it chunk by chunk. */
  readBy(reader: Cancellable): void {
    if (this.#followed !== undefined) {
      this.#reader = reader;
    }
  }

  /** A chunk passes to the client. */
  add(chunk: Uint8Array): void {
    try {
      this.#followed?.usage.add(chunk);
    } catch {
      // See `#observe`, whose closure would be one for each chunk.
    }
  }

  complete(): void {
    this.#end(this.#isError ? 'failed' : 'complete');
  }

  fail(error: unknown): void {
    this.#end(isAbort(error, this.#signal?.deref()) ? 'aborted' : 'failed');
  }

  /** The client wants no more. */
  leave(): void {
    this.#end('aborted');
  }

  /** The client has dropped the answer. A body that nobody has begun to read is ended by `fetch` itself. */
  drop(): void {
    if (!this.#isWhole) {
      const reader = this.#reader;
      this.#end('aborted');
      reader?.cancel().catch(() => undefined);
    }
  }

  /** The client may never read a body that it has ended by its signal. */
  readonly #onAbort = (): void => this.#end('aborted');

  #end(outcome: CompletionOutcome): void {
    if (this.#followed !== undefined) {
      const { completion } = this.#followed;
      this.#observe((usage) => usage.end());
      this.#followed = undefined;
      this.#reader = undefined;
      this.#signal?.deref()?.removeEventListener('abort', this.#onAbort);
      completion.ended(outcome);
    }
  }

  /** An answer whose cost cannot be read is an answer all the same; its cost is looked up. */
  #observe(read: (usage: UsageReader) => void): void {
    try {
      if (this.#followed !== undefined) {
        read(this.#followed.usage);
      }
    } catch {
      // See above.
    }
  }
}

/** Whether the caller has ended a request, as opposed to the network. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || isNamed(error, 'AbortError');
}

// By name: an error may come from another realm.
function isNamed(error: unknown, name: string): boolean {
  return peek(error, 'name') === name;
}
