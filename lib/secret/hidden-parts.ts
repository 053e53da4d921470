/** The same symbol in each copy of the package in a process: a guard of one may be given a service of the other. */
const PARTS = Symbol.for('nestjs-openrouter/parts');

/**
 * The parts of an object that are no members of its type, and that printing the object does not show.
 *
 * They are kept in a closure: `inspect(owner, { showHidden: true })` prints the values of all properties. A `WeakMap`
 * would hide them as well, but not find them for a `Proxy` around the owner, or in the other copy of the package.
 */
export class HiddenParts<Parts extends object> {
  /** Gives an object its parts, once. */
  hide(owner: object, parts: Parts): void {
    Object.defineProperty(owner, PARTS, { value: () => parts });
  }

  /** The parts that an object was given. */
  of(owner: object): Parts {
    return (Reflect.get(owner, PARTS) as () => Parts)();
  }
}
