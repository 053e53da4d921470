const FIRST_CAPACITY = 16_384;

/**
 * Bytes that come in pieces, kept in one buffer: whatever the size of the pieces, they cost twice their length at most,
 * and three times while the buffer grows.
 */
export class GrowingBuffer {
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  /** What has come so far. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (this.#length === 0) {
      // Most bodies come in one piece.
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
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, needed, 2 * this.#length));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}
