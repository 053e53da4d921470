import { hash } from 'node:crypto';

/** The hash by which OpenRouter identifies a key: SHA-256 of the key, in lower-case hexadecimal digits. */
export function hashKey(key: string): string {
  return hash('sha256', key);
}
