/**
 * Runs a synchronous function while `Object.prototype` has no enumerable names. Libraries that read a setting would
 * find such names, so somebody able to pollute the prototype could change requests.
 *
 * Names that were assigned are enumerable. They are restored before any other code runs.
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
        // A descriptor also inherits from the polluted prototype.
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

/** A copy of an object's own members, without a prototype. */
export function ownMembers<T extends object>(value: T): T {
  return Object.assign(Object.create(null) as T, value);
}
