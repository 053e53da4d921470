/**
 * Goes round the entries of a map, a few at each call. Work that is done with each addition so stays small, and no entry
 * is left out.
 */
export class Rotation<K, V> {
  readonly #map: ReadonlyMap<K, V>;
  #entries: Iterator<[K, V]>;

  constructor(map: ReadonlyMap<K, V>) {
    this.#map = map;
    this.#entries = map.entries();
  }

  /** Visits the next entries, which the visitor may delete. */
  visit(count: number, visitor: (key: K, value: V) => void): void {
    for (let left = Math.min(count, this.#map.size); left > 0; left -= 1) {
      let step = this.#entries.next();
      if (step.done === true) {
        this.#entries = this.#map.entries();
        step = this.#entries.next();
      }
      if (step.done !== true) {
        visitor(...step.value);
      }
    }
  }
}
