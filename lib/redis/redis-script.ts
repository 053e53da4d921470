import { createHash } from 'node:crypto';

/** A Lua script and the digest by which Redis identifies it. */
export interface RedisScript {
  readonly text: string;
  readonly sha1: string;
}

export function defineScript(text: string): RedisScript {
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
