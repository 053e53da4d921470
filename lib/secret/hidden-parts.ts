/** The same symbol in every copy of the package in a process: a guard of one copy may get a service of the other. */
const PARTS = Symbol.for('nestjs-openrouter/parts');

/**
 * Parts of an object that are not members of its type and that printing the object does not show.
 *
 * A closure holds them, since `inspect(owner, { showHidden: true })` prints the values of all properties. A `WeakMap`
 * would hide them too, but would not find them through a `Proxy` of the owner or from another copy of the package.
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
