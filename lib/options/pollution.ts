/**
 * Runs something synchronous as if nobody had put names on `Object.prototype`, where every library that reads a setting
 * would find them: what a request is made of must not be decided by whoever has found a way to do that.
 *
 * Only names that were assigned count, as pollution is; they are back before anybody else runs.
 */
export function withoutPollution<T>(run: () => T): T {
  const names = Object.keys(Object.prototype);
  if (names.length === 0) {
    return run();
  }
  const polluted = names.map(
    (name) =>
      [
        name,
        // A descriptor would inherit, too.
        Object.setPrototypeOf(
          Object.getOwnPropertyDescriptor(Object.prototype, name),
          null,
        ) as PropertyDescriptor,
      ] as const,
  );
  for (const [name] of polluted) {
    Reflect.deleteProperty(Object.prototype, name);
  }
  try {
    return run();
  } finally {
    for (const [name, descriptor] of polluted) {
      Reflect.defineProperty(Object.prototype, name, descriptor);
    }
  }
}

/** A copy of an object's own members that inherits none. */
export function ownMembers<T extends object>(value: T): T {
  return Object.assign(Object.create(null) as T, value);
}
