import { KeptBytes } from './kept-bytes.js';

const LF = 0x0a;
const CR = 0x0d;

/** An event is passed over unread once it is longer. */
export const MAX_EVENT_BYTES = 1_048_576;

/**
 * Divides a stream of server-sent events into events, whatever its chunks are, without copying those that a chunk
 * contains as a whole. Lines end with LF, CR LF or CR.
 */
export class EventSplitter {
  readonly #onEvent: (event: Uint8Array) => void;
  /** The beginning of an event that is not over, from earlier chunks. */
  readonly #begun = new KeptBytes(MAX_EVENT_BYTES);
  #isLineEmpty = true;
  #isAfterCr = false;
  /** Whether the current event is too long, and is passed over. */
  #isSkipping = false;

  /** @param onEvent - Gets the bytes of one event, which it must not keep. */
  constructor(onEvent: (event: Uint8Array) => void) {
    this.#onEvent = onEvent;
  }

  /** Whether no event has begun that is not over. */
  get isBetweenEvents(): boolean {
    return this.#isLineEmpty && !this.#isAfterCr && !this.#isSkipping && this.#begun.length === 0;
  }

  add(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0;) {
      rest = rest.subarray(this.addOne(rest));
    }
  }

  /**
   * Adds the bytes up to the end of the first event.
   *
   * @returns How many bytes that are; all of them if no event ends.
   */
  addOne(chunk: Uint8Array): number {
    let isLineEmpty = this.#isLineEmpty;
    let isAfterCr = this.#isAfterCr;
    let at = 0;
    let isOver = false;
    for (; at < chunk.length && !isOver; at += 1) {
      const byte = chunk[at];
      if (byte === LF && isAfterCr) {
        isAfterCr = false;
        continue;
      }
      isAfterCr = byte === CR;
      const isLineOver = isAfterCr || byte === LF;
      isOver = isLineOver && isLineEmpty;
      isLineEmpty = isLineOver;
    }
    this.#isLineEmpty = isLineEmpty;
    this.#isAfterCr = isAfterCr;
    const added = at === chunk.length ? chunk : chunk.subarray(0, at);
    if (isOver) {
      this.#finish(added);
    } else {
      this.#keep(added);
    }
    return at;
  }

  /** The stream is over; its last event may lack the empty line. */
  end(): void {
    this.#finish(new Uint8Array(0));
  }

  #keep(bytes: Uint8Array): void {
    if (!this.#isSkipping && !this.#begun.add(bytes)) {
      this.#isSkipping = true;
      this.#begun.clear();
    }
  }

  #finish(rest: Uint8Array): void {
    if (this.#begun.length === 0) {
      if (!this.#isSkipping && rest.length <= MAX_EVENT_BYTES) {
        this.#onEvent(rest);
      }
    } else if (this.#begun.add(rest)) {
      this.#onEvent(this.#begun.bytes);
    }
    this.#begun.clear();
    this.#isSkipping = false;
    this.#isLineEmpty = true;
  }
}
