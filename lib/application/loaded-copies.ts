import type { Provider, Type } from '@nestjs/common';

/** A copy of the package: its version, and the classes that are tokens of injection, by their names. */
export interface LoadedCopy {
  readonly version: string;
  readonly classes: Readonly<Record<string, Type>>;
}

/**
 * Where the copies of the package in this process know of each other. A process may have two, the CommonJS and the ES
 * module build, and a class of one is no token of the other.
 */
const COPIES = Symbol.for('nestjs-openrouter/copies');

type Copies = WeakRef<LoadedCopy>[];

/**
 * Lets the other copies know of this one.
 *
 * @param copy - Kept only as long as its classes are in use, so that modules that a test or a development server loads
 * again and again can go.
 */
export function announceCopy(copy: LoadedCopy): void {
  Reflect.set(globalThis, COPIES, [...announced(), new WeakRef(copy)]);
}

/**
 * Providers that give whoever injects by a class of another copy what there is for the class of this one. Only for
 * copies of the same version: what another version expects of a class is not known.
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
