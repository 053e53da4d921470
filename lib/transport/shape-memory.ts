/** The number of remembered shapes. */
const SLOTS = 16_384;

/**
 * How many shapes are remembered in each place. With one, two shapes of a small answer would share a place in about one
 * process of a hundred, evict each other, and count as new each time.
 */
const WAYS = 4;

/** Remembers numbers that stand for sequences of member names, in a bounded space. */
export class ShapeMemory {
  readonly #slots = new Int32Array(SLOTS);

  /** Whether a shape has occurred before. If not, it replaces the oldest shape in its place. */
  has(shape: number): boolean {
    const slots = this.#slots;
    const first = (shape ^ (shape >>> 15)) & (SLOTS - WAYS);
    for (let slot = first; slot < first + WAYS; slot += 1) {
      if (slots[slot] === shape) {
        return true;
      }
    }
    slots.copyWithin(first + 1, first, first + WAYS - 1);
    slots[first] = shape;
    return false;
  }
}
