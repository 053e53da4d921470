import { createHash } from 'node:crypto';

/** The hash by which OpenRouter names a key: SHA-256 of its text, in lower-case hexadecimal digits. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
