export type Fetch = typeof globalThis.fetch;

/** Names the `fetch` below a metered one, for every copy of the package. The number changes with the value's shape. */
const BELOW = Symbol.for('nestjs-openrouter/fetch-below/1');

/** Marks a metered `fetch`, so that {@link unmetered} recognizes it. */
export function markMetered(metered: Fetch, below: Fetch): Fetch {
  return Object.defineProperty(metered, BELOW, { value: below });
}

/**
 * A `fetch` without a meter: the one below, if it is metered, as the global one is once an application has put a metered one
 * in its place. Otherwise a meter would send through itself without end, or through the meter of another account, which
 * would count the completion as well.
 */
export function unmetered(fetch: Fetch): Fetch {
  return (Reflect.get(fetch, BELOW) as Fetch | undefined) ?? fetch;
}
