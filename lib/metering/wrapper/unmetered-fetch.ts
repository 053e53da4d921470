type Fetch = typeof globalThis.fetch;

/** Names the `fetch` below a metered one, for every copy of the package. The number changes with the value's shape. */
const BELOW = Symbol.for('nestjs-openrouter/fetch-below/1');

/** Marks a metered `fetch`, so that {@link unmeteredGlobalFetch} recognizes it. */
export function markMetered(metered: Fetch, below: Fetch): Fetch {
  return Object.defineProperty(metered, BELOW, { value: below });
}

/**
 * The global `fetch`; if an application has put a metered one in its place, the one below that. Otherwise a meter would
 * send through itself without end, or through the meter of another account, which would count the completion as well.
 */
export function unmeteredGlobalFetch(): Fetch {
  const { fetch } = globalThis;
  return (Reflect.get(fetch, BELOW) as Fetch | undefined) ?? fetch;
}
