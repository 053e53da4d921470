import * as timers from 'node:timers';

// Taken before a test can fake it: fake timers replace that of the module as well as the global one.
const { setTimeout } = timers;

/** Waits, for 0 not at all; it keeps no process alive. */
export async function waitFor(ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
}
