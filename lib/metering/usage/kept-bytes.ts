const FIRST_SIZE = 1_024;

/** Bytes that are kept up to a maximum. They are copies, since the chunks belong to whoever reads the answer. */
export class KeptBytes {
  readonly #max: number;
  #buffer: Uint8Array | undefined;
  #length = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  /** What is kept; valid until the next change. */
  get bytes(): Uint8Array {
    return (this.#buffer ?? new Uint8Array(0)).subarray(0, this.#length);
  }

  /** Adds bytes, unless they exceed the maximum. */
  add(bytes: Uint8Array): boolean {
    const length = this.#length + bytes.length;
    if (length > this.#max) {
      return false;
    }
    let buffer = this.#buffer;
    if (buffer === undefined || length > buffer.length) {
      const grown = new Uint8Array(Math.max(FIRST_SIZE, Math.min(this.#max, 2 * length)));
      grown.set(this.bytes);
      buffer = grown;
      this.#buffer = grown;
    }
    buffer.set(bytes, this.#length);
    this.#length = length;
    return true;
  }

  clear(): void {
    this.#buffer = undefined;
    this.#length = 0;
  }
}

/** The last bytes of what has passed. */
export class LastBytes {
  readonly #max: number;
  readonly #buffer: Uint8Array;
  #length = 0;

  constructor(max: number) {
    this.#max = max;
    this.#buffer = new Uint8Array(2 * max);
  }

  /** At most as many bytes as the maximum; valid until the next change. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(Math.max(0, this.#length - this.#max), this.#length);
  }

  add(bytes: Uint8Array): void {
    const last = bytes.length > this.#max ? bytes.subarray(-this.#max) : bytes;
    if (this.#length + last.length > this.#buffer.length) {
      const kept = this.bytes;
      this.#buffer.copyWithin(0, kept.byteOffset, kept.byteOffset + kept.length);
      this.#length = kept.length;
    }
    this.#buffer.set(last, this.#length);
    this.#length += last.length;
  }
}
