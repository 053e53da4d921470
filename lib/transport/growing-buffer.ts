const INITIAL_CAPACITY = 16_384;

/**
 * Collects pieces of bytes in one buffer. Whatever the size of the pieces, the buffer takes at most twice the length of
 * the bytes, and three times while it grows.
 */
export class GrowingBuffer {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  /** The bytes so far. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (this.#length === 0) {
      // Most bodies arrive in one piece, which needs no copy.
      this.#buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    } else {
      if (needed > this.#buffer.length) {
        this.#grow(needed);
      }
      this.#buffer.set(piece, this.#length);
    }
    this.#length = needed;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(INITIAL_CAPACITY, needed, 2 * this.#length));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
