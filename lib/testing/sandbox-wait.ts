import * as timers from 'node:timers';

// Taken before a test can fake it: fake timers replace both the module's function and the global one.
const { setTimeout } = timers;

/** Waits for some milliseconds, without keeping the process alive. 0 does not wait at all. */
export async function waitFor(ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
}
