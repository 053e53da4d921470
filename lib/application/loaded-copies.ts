import type { Provider, Type } from '@nestjs/common';

/** A copy of the package: its version, and the classes that serve as injection tokens, by their names. */
export interface LoadedCopy {
  readonly version: string;
  readonly classes: Readonly<Record<string, Type>>;
}

/**
 * The global list of the copies in this process. A process may load two, the CommonJS and the ES module build, and a
 * class of one copy is not a token of the other.
 */
const COPIES = Symbol.for('nestjs-openrouter/copies');

type Copies = WeakRef<LoadedCopy>[];

/**
 * Adds a copy to the list.
 *
 * @param copy - Referenced weakly, so that a test or a development server can load the package again and again.
 */
export function announceCopy(copy: LoadedCopy): void {
  Reflect.set(globalThis, COPIES, [...announced(), new WeakRef(copy)]);
}

/**
 * Providers that alias the classes of other copies to the classes of this one. Only for copies of the same version,
 * since another version's classes may have other members.
 */
export function otherTokensOf(copy: LoadedCopy): (Provider & { readonly provide: Type })[] {
  const others = announced()
    .flatMap((each) => each.deref() ?? [])
    .filter((other) => other !== copy && other.version === copy.version);
  return others.flatMap(({ classes }) =>
    Object.entries(classes).flatMap(([name, provide]) => {
      const useExisting = copy.classes[name];
      return useExisting === undefined ? [] : [{ provide, useExisting }];
    }),
  );
}

function announced(): Copies {
  const copies = Reflect.get(globalThis, COPIES) as Copies | undefined;
  return copies?.filter((each) => each.deref() !== undefined) ?? [];
}
