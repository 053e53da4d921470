// What the soaks share.
import { inspect } from 'node:util';

/**
 * Ends the process if it outlives its time, and collects what nobody has handled.
 *
 * @param violations - Gets a line for each unhandled rejection and uncaught exception.
 * @returns The seed of the run: that of the environment, or one of its own.
 */
export function watchSoak(violations, longestMs) {
  // Does not keep the process alive: if it fires, something else has.
  setTimeout(() => {
    console.error(
      `The soak has not ended within ${longestMs} ms: ${process.getActiveResourcesInfo().join(', ')}`,
    );
    process.exit(1);
  }, longestMs).unref();
  process.on('unhandledRejection', (reason) => violations.push(`unhandled rejection: ${inspect(reason)}`));
  process.on('uncaughtException', (error) => violations.push(`uncaught exception: ${inspect(error)}`));
  return Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
}

/** Makes sequences of numbers from 0 to below 1 that are the same for the same seed and name (mulberry32). */
export function randomBy(seed) {
  return (name) => {
    let state = seed;
    for (const character of name)
      state = (Math.imul(state ^ character.charCodeAt(0), 0x01000193) + 0x9e3779b9) | 0;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  };
}

export const pick = (list, random) => list[Math.floor(random() * list.length)];

/** The heap once the garbage is collected; needs --expose-gc. */
export function heapMb() {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed / 1e6;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** How many resources of a kind keep the process alive. */
export const count = (type) => process.getActiveResourcesInfo().filter((name) => name === type).length;

/** Calls `work` with each number from `from` to below `to`, at most so many at a time. */
export async function workThrough(from, to, atATime, work) {
  let next = from;
  const one = async () => {
    while (next < to) {
      const id = next;
      next += 1;
      await work(id);
    }
  };
  await Promise.all(Array.from({ length: atATime }, one));
}
