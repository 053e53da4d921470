import type { PassingBody } from './passing-body.js';

export type InnerStream = ReadableStream<Uint8Array>;
type InnerReader = ReadableStreamDefaultReader<Uint8Array>;
type Reading = ReturnType<InnerReader['read']>;
type Controller = ReadableStreamDefaultController<Uint8Array>;

const NOTHING = new Uint8Array();

/** Where the stream that the client reads gets its chunks from: the stream that `fetch` has made. */
export class PassingSource {
  /** As long as the client has the stream it has the answer: `fetch` ends the body of one that was collected. */
  answer: Response | undefined;
  /** Called when the body is over or has failed. */
  onOver: (() => void) | undefined;

  #inner!: InnerStream;
  #passing!: PassingBody;
  #controller: Controller | undefined;
  #lock: Lock | undefined;
  #isUsed = false;
  #isDirect = false;
  #isPulling = false;
  /** How many reads of the outer stream by the client wait for a chunk. */
  #owed = 0;
  #isOver = false;

  /** Called once, before the client has the stream. */
  connect(answer: Response, inner: InnerStream, passing: PassingBody): void {
    this.answer = answer;
    this.#inner = inner;
    this.#passing = passing;
  }

  /** Whether somebody has begun to read the body. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Whether the client can read the next chunk directly: the outer stream is in use, and no chunk is on its way there. */
  get isDirect(): boolean {
    return this.#isDirect;
  }

  get isReading(): boolean {
    return this.#owed > 0 || (this.#lock?.reads ?? 0) > 0;
  }

  start(controller: Controller): void {
    this.#controller = controller;
  }

  /** Reads one chunk for the outer stream, which `tee` or `pipeTo` asks for. */
  pull(controller: Controller): Promise<void> {
    this.#isUsed = true;
    this.#isDirect = false;
    this.#isPulling = true;
    return this.lock()
      .reader.read()
      .then(
        ({ done, value }) => {
          this.#isPulling = false;
          if (done) {
            this.#close();
          } else if (!this.#isOver) {
            this.#passing.add(value);
            controller.enqueue(value);
            this.#owed = Math.max(0, this.#owed - 1);
            this.#settle();
          }
        },
        (error: unknown) => {
          this.#isPulling = false;
          this.#fail(error);
        },
      );
  }

  cancel(reason: unknown): Promise<void> {
    this.#isUsed = true;
    this.#isOver = true;
    this.#passing.leave();
    return this.lock().reader.cancel(reason);
  }

  /**
   * Reads one chunk for the client. Its promise is that of the inner stream, which tells the meter first: another promise
   * for each chunk costs more than the meter.
   */
  read(): Reading {
    const lock = this.lock();
    const reading = lock.reader.read();
    lock.reads += 1;
    reading.then(lock.onRead, lock.onFailure);
    return reading;
  }

  /** Reads one chunk from the outer stream, which may have to pull it first, or has yet to be used. */
  readOuter(read: () => Reading): Reading {
    const controller = this.#controller;
    if (controller !== undefined && !this.#isUsed && !this.#isOver && this.#queued === 0) {
      // A stream counts as used once something was read from it: nothing is enough, and costs less than a pull.
      controller.enqueue(NOTHING);
      void read();
      this.#isUsed = true;
      this.#settle();
      return this.read();
    }
    if (this.#queued === 0) {
      this.#owed += 1;
    }
    const reading = read();
    this.#settle();
    return reading;
  }

  #settle(): void {
    this.#isDirect = this.#isUsed && !this.#isPulling && this.#owed === 0 && this.#queued === 0;
  }

  /** How many chunks the outer stream has that nobody has read: it pulls none before it is asked. */
  get #queued(): number {
    return -(this.#controller?.desiredSize ?? 0);
  }

  lock(): Lock {
    if (this.#lock === undefined) {
      const lock: Lock = {
        reader: this.#inner.getReader(),
        reads: 0,
        onRead: ({ done, value }) => {
          lock.reads -= 1;
          if (value !== undefined) {
            this.#passing.add(value);
          } else if (done && this.#lock === lock) {
            this.#close();
          }
        },
        onFailure: (error) => {
          lock.reads -= 1;
          // A read also fails when its reader is released.
          if (this.#lock === lock) {
            this.#fail(error);
          }
        },
      };
      this.#lock = lock;
      this.#passing.readBy(lock.reader);
    }
    return this.#lock;
  }

  /** The client has released its reader. A chunk that is on its way to the outer stream goes on. */
  unlock(): void {
    this.#owed = 0;
    if (this.#lock !== undefined && !this.#isPulling) {
      const { reader } = this.#lock;
      this.#lock = undefined;
      this.#passing.readBy(this.#inner);
      reader.releaseLock();
    }
  }

  #close(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#passing.complete();
      this.#controller?.close();
      this.onOver?.();
    }
  }

  #fail(error: unknown): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#isDirect = false;
      this.#passing.fail(error);
      this.#controller?.error(error);
      this.onOver?.();
    }
  }
}

/** The inner stream while it is read. */
interface Lock {
  readonly reader: InnerReader;
  /** How many direct reads are pending. */
  reads: number;
  readonly onRead: (read: Awaited<Reading>) => void;
  readonly onFailure: (error: unknown) => void;
}
