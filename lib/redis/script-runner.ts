import type { RedisScript } from './redis-script.js';

/** The methods that a store uses of an `ioredis` 5 or 6 client, a `Redis` or a `Cluster`. */
export interface RedisScriptClient {
  /** Runs a script by its digest. */
  evalsha(sha1: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
  /** Runs a script by its source. */
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** Runs a script on keys, all of which are on one node. */
export type RunScript = (
  script: RedisScript,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** A client that has lost its server queues commands, some of them forever: so many, and no more, after a silence. */
const MAX_OUTSTANDING = 1_000;
const SILENCE_MS = 1_000;

/** Whether a value has the methods of a client. */
export function isScriptClient(client: unknown): client is RedisScriptClient {
  const given = client as Partial<RedisScriptClient> | null | undefined;
  return typeof given?.evalsha === 'function' && typeof given.eval === 'function';
}

export function scriptRunner(client: RedisScriptClient): RunScript {
  let outstanding = 0;
  let answeredAt = 0;
  return async ({ text, sha1 }, keys, args) => {
    if (outstanding === 0) {
      answeredAt = performance.now();
    } else if (outstanding >= MAX_OUTSTANDING && performance.now() - answeredAt > SILENCE_MS) {
      throw new Error('Redis does not answer.');
    }
    outstanding += 1;
    try {
      return await client.evalsha(sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) {
        throw error;
      }
      return await client.eval(text, keys.length, ...keys, ...args);
    } finally {
      outstanding -= 1;
      answeredAt = performance.now();
    }
  };
}

/** A restart makes Redis forget its scripts. */
function isUnknownScript(error: unknown): boolean {
  return String(Reflect.get(Object(error) as object, 'message')).startsWith('NOSCRIPT');
}
