/** An own property of every exception class. Each copy of the package in a process has the same symbol. */
const KIND = Symbol.for('nestjs-openrouter/exception-kind');

type AnyClass = abstract new (...args: never[]) => Error;

/**
 * Gives an exception class its kind, by which other copies of the package in the same process recognise it, and the name
 * of its instances.
 */
export function brandException(target: AnyClass, kind: string, name = kind): void {
  Object.defineProperty(target, KIND, { value: kind });
  // On the prototype: V8 reads it for the first line of `stack`, before any constructor body has run.
  Object.defineProperty(target.prototype, 'name', { value: name, configurable: true, writable: true });
}

/**
 * `value instanceof target`, where `value` may come from another copy of the package.
 *
 * Only a brand of the class's own counts: one that is inherited would make a user's subclass match every instance
 * of its parent.
 */
export function isInstanceOfBranded(target: object, value: unknown): boolean {
  if (!Object.hasOwn(target, KIND)) {
    return Function.prototype[Symbol.hasInstance].call(target, value);
  }
  const kind: unknown = Reflect.get(target, KIND);
  try {
    return kindsOf(value).includes(kind);
  } catch {
    // A revoked proxy cannot be inspected, and is not an exception of this package.
    return false;
  }
}

function kindsOf(value: unknown): unknown[] {
  const kinds: unknown[] = [];
  let prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : null;
  while (typeof prototype === 'object' && prototype !== null) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
    if (typeof constructor === 'function' && Object.hasOwn(constructor, KIND)) {
      kinds.push(Reflect.get(constructor, KIND));
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return kinds;
}
