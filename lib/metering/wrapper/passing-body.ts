import type { OpenCompletion } from '../completion/open-completion.js';
import type { UsageReader } from '../usage/usage-reader.js';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Controller = ReadableStreamDefaultController<Uint8Array>;

/**
 * The body of an answer on its way to the client: the same chunks, each read when the client asks for it. While nobody
 * reads, nothing here refers to the stream that the client has, so that it can be collected.
 */
export class PassingBody {
  readonly #reader: Reader;
  readonly #usage: UsageReader;
  readonly #completion: OpenCompletion;
  readonly #signal: AbortSignal | undefined;
  readonly #isError: boolean;
  #isOver = false;

  constructor(
    reader: Reader,
    usage: UsageReader,
    completion: OpenCompletion,
    { signal, isError }: { readonly signal: AbortSignal | undefined; readonly isError: boolean },
  ) {
    this.#reader = reader;
    this.#usage = usage;
    this.#completion = completion;
    this.#signal = signal;
    this.#isError = isError;
  }

  pull(controller: Controller): Promise<void> {
    return this.#reader.read().then(
      ({ done, value }) => {
        if (this.#isOver) {
          return;
        }
        if (done) {
          this.#end(this.#isError ? 'failed' : 'complete');
          controller.close();
        } else {
          this.#read(() => this.#usage.add(value));
          controller.enqueue(value);
        }
      },
      (error: unknown) => {
        if (!this.#isOver) {
          this.#end(isAbort(error, this.#signal) ? 'aborted' : 'failed');
          controller.error(error);
        }
      },
    );
  }

  cancel(reason: unknown): Promise<void> {
    this.#end('aborted');
    return this.#reader.cancel(reason);
  }

  /** The client has dropped the answer without reading it to its end. */
  drop(): void {
    if (!this.#isOver) {
      this.cancel(undefined).catch(() => undefined);
    }
  }

  #end(outcome: 'complete' | 'aborted' | 'failed'): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#read(() => this.#usage.end());
      this.#completion.ended(outcome);
    }
  }

  #read(read: () => void): void {
    try {
      read();
    } catch {
      // An answer whose cost cannot be read is an answer all the same; its cost is looked up.
    }
  }
}

/** Whether the caller has ended a request, as opposed to the network. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return (
    signal?.aborted === true ||
    (typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError')
  );
}
