import type { CompletionOutcome } from '../../contracts/completion-cost.js';
import { peek } from '../../untrusted/peek.js';
import type { OpenCompletion } from '../completion/open-completion.js';
import type { UsageReader, WholeReader } from '../usage/usage-reader.js';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Controller = ReadableStreamDefaultController<Uint8Array>;

export interface PassingBodyParts {
  readonly usage: UsageReader;
  readonly completion: OpenCompletion;
  readonly signal: AbortSignal | undefined;
  /** Whether the status of the answer is that of an error. */
  readonly isError: boolean;
}

/**
 * The body of an answer on its way to the client: how far it has come, what of it was read, and how it ended. It never
 * refers to the answer that the client has, so that one which is dropped can be collected.
 */
export class PassingBody {
  readonly #parts: PassingBodyParts;
  /** Of the inner body, once the client reads it chunk by chunk. */
  #reader: Reader | undefined;
  #isOver = false;
  /** Whether the client reads it as a whole: then it ends by itself, even if the client has dropped the answer. */
  #isWhole = false;

  constructor(parts: PassingBodyParts) {
    this.#parts = parts;
  }

  /** Whether nothing is lost if the client gets the body as a whole. It is if the cost of a stream waits for the end. */
  get canBeWhole(): boolean {
    return this.#parts.usage.whole !== undefined;
  }

  /** Follows a body that the client reads as a whole. */
  readWhole(as: keyof WholeReader, reading: Promise<unknown>): Promise<unknown> {
    this.#isWhole = true;
    return reading.then(
      (value) => {
        this.#observe(({ whole }) => whole?.[as](value));
        this.#complete();
        return value;
      },
      (error: unknown) => {
        if (isNamed(error, 'SyntaxError')) {
          this.#complete();
        } else {
          this.#fail(error);
        }
        throw error;
      },
    );
  }

  /** Reads one chunk for the client. */
  pull(inner: ReadableStream<Uint8Array>, controller: Controller): Promise<void> {
    return this.#readerOf(inner)
      .read()
      .then(
        ({ done, value }) => {
          if (this.#isOver) {
            return;
          }
          if (done) {
            this.#complete();
            controller.close();
          } else {
            this.#observe((usage) => usage.add(value));
            controller.enqueue(value);
          }
        },
        (error: unknown) => {
          if (!this.#isOver) {
            this.#fail(error);
            controller.error(error);
          }
        },
      );
  }

  /** The client wants no more. */
  cancel(inner: ReadableStream<Uint8Array>, reason: unknown): Promise<void> {
    this.#end('aborted');
    return this.#readerOf(inner).cancel(reason);
  }

  /** The client has dropped the answer. A body that nobody has begun to read is ended by `fetch` itself. */
  drop(): void {
    if (!this.#isWhole && !this.#isOver) {
      this.#end('aborted');
      this.#reader?.cancel().catch(() => undefined);
    }
  }

  #complete(): void {
    this.#end(this.#parts.isError ? 'failed' : 'complete');
  }

  #fail(error: unknown): void {
    this.#end(isAbort(error, this.#parts.signal) ? 'aborted' : 'failed');
  }

  #end(outcome: CompletionOutcome): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#observe((usage) => usage.end());
      this.#parts.completion.ended(outcome);
    }
  }

  /** An answer whose cost cannot be read is an answer all the same; its cost is looked up. */
  #observe(read: (usage: UsageReader) => void): void {
    try {
      read(this.#parts.usage);
    } catch {
      // See above.
    }
  }

  #readerOf(inner: ReadableStream<Uint8Array>): Reader {
    this.#reader ??= inner.getReader();
    return this.#reader;
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
