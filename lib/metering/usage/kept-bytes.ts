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
      const grown = new Uint8Array(Math.max(length, Math.min(this.#max, 2 * length, 65_536), FIRST_SIZE));
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
