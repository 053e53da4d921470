import { bounded } from './bounded-text.js';

/**
 * A member of any value, or `undefined` if it cannot be read: the errors of other packages may be proxies, or have
 * getters that throw.
 */
export function peek(value: unknown, name: PropertyKey): unknown {
  if (!isObject(value)) {
    return undefined;
  }
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

/** A member by its name on the wire, or by the camelCase that clients such as `@openrouter/sdk` make of it. */
export function wireMember(value: unknown, name: string): unknown {
  return peek(value, name) ?? peek(value, camelCase(name));
}

/** Whether a value can have members. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** A string that is not blank, or the beginning of a long one. */
export function nonBlankString(value: unknown): string | undefined {
  if (typeof value !== 'string') {
    return undefined;
  }
  const text = bounded(value);
  return text.trim() === '' ? undefined : text;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
