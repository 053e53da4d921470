/** The number of remembered shapes. */
const SLOTS = 16_384;

/**
 * How many shapes that fall on the same place are remembered there. With one alone, two shapes of a small answer share a
 * place once in some hundred processes, take turns in it, and count as new each time.
 */
const WAYS = 4;

/** Remembers numbers that stand for sequences of member names, in a bounded space. */
export class ShapeMemory {
  readonly #slots = new Int32Array(SLOTS);

  /** Whether a shape has occurred before. If not, it takes the place of the oldest of those that share one with it. */
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
