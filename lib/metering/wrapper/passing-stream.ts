import type { ReadableStream as WebStream, ReadableStreamAsyncIterator } from 'node:stream/web';
import type { PassingBody } from './passing-body.js';
import { type InnerStream, PassingSource } from './passing-source.js';

type Chunk = Uint8Array;
type Reading = ReturnType<ReadableStreamDefaultReader<Chunk>['read']>;

/**
 * The body of an answer as the client gets it. It is a stream of its own, because the stream that `fetch` has made is kept
 * by the connection: what refers to the answer from there keeps both in memory.
 *
 * A client that reads it gets the promises of the inner stream, since each promise of an outer one costs more than what
 * the meter does with a chunk. Whatever else a stream can do, such as `tee` and `pipeTo`, goes through the outer stream.
 */
export class PassingStream extends ReadableStream<Chunk> {
  readonly #source: PassingSource;

  constructor() {
    const source = new PassingSource();
    super(source, { highWaterMark: 0 });
    this.#source = source;
  }

  /** Called once, before the client has it: to make a stream takes long, and can be done before there is an answer. */
  connect(answer: Response, inner: InnerStream, passing: PassingBody): this {
    this.#source.connect(answer, inner, passing);
    return this;
  }

  /** Whether somebody has begun to read it. */
  get isUsed(): boolean {
    return this.#source.isUsed;
  }

  /** Locks the inner stream as well. */
  lockInner(): void {
    this.#source.lock();
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the overloads of the stream
  override getReader(options?: any): any {
    const { mode } = (options ?? {}) as { readonly mode?: unknown };
    return mode === undefined ? new PassingReader(this, this.#source) : super.getReader(options as never);
  }

  override values({
    preventCancel = false,
  }: { preventCancel?: boolean } = {}): ReadableStreamAsyncIterator<Chunk> {
    return new PassingIterator(new PassingReader(this, this.#source), this.#source, preventCancel);
  }

  override [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Chunk> {
    return this.values();
  }
}

class PassingReader extends ReadableStreamDefaultReader<Chunk> {
  readonly #source: PassingSource;
  #isReleased = false;

  constructor(stream: WebStream<Chunk>, source: PassingSource) {
    super(stream);
    this.#source = source;
  }

  override read(): Reading {
    if (this.#isReleased) {
      return super.read();
    }
    return this.#source.isDirect ? this.#source.read() : this.#source.readOuter(() => super.read());
  }

  override releaseLock(): void {
    if (!this.#isReleased) {
      this.#isReleased = true;
      this.#source.unlock();
    }
    super.releaseLock();
  }
}

/** Iterates as a stream does: one that is over, failed or left is released. */
class PassingIterator implements ReadableStreamAsyncIterator<Chunk> {
  readonly #reader: PassingReader;
  readonly #source: PassingSource;
  readonly #preventCancel: boolean;
  #last: Reading | undefined;
  #isOver = false;

  constructor(reader: PassingReader, source: PassingSource, preventCancel: boolean) {
    this.#reader = reader;
    this.#source = source;
    this.#preventCancel = preventCancel;
    source.onOver = () => this.#release();
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#isOver) {
      return Promise.resolve({ done: true, value: undefined });
    }
    this.#last = this.#reader.read();
    return this.#last as Promise<IteratorResult<Chunk, undefined>>;
  }

  return(value?: unknown): Promise<IteratorResult<Chunk, undefined>> {
    const leave = async (): Promise<IteratorResult<Chunk, undefined>> => {
      if (!this.#isOver) {
        const cancelled = this.#preventCancel ? undefined : this.#reader.cancel(value);
        this.#release();
        await cancelled;
      }
      return { done: true, value: value as undefined };
    };
    return this.#last !== undefined && this.#source.isReading ? this.#last.then(leave, leave) : leave();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #release(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#source.onOver = undefined;
      this.#reader.releaseLock();
    }
  }
}
