import { setTimeout as after } from 'node:timers/promises';

// Those of Node, also where a test has put the clock under its control.
const { clearInterval, setInterval } = globalThis;

const POLL_MS = 2;
const TICK_MS = 2;

/** For tests in which nothing shows when it is time to go on: something has to stay away, or to grow old. */
export function sleep(ms: number): Promise<void> {
  return after(ms);
}

/**
 * Waits until a condition holds.
 *
 * @param withinMs - The test fails after it; shorter than Jest's own limit, which would not say what did not happen.
 */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`\`${String(condition)}\` did not come true within ${withinMs} ms.`);
    }
    await sleep(POLL_MS);
  }
}

/** How long something took, in milliseconds. */
export interface Timing<T> {
  readonly outcome: T;
  readonly ms: number;
  /** The part of `ms` in which this process could not run, because the machine was busy with others. */
  readonly stalledMs: number;
  /** The rest of `ms`: what the code waited for and computed. Upper bounds hold for it on a busy machine, too. */
  readonly waitedMs: number;
}

/** Runs something and measures it. */
export async function timed<T>(action: () => Promise<T>): Promise<Timing<T>> {
  const startedAt = performance.now();
  let tickedAt = startedAt;
  let usage = process.cpuUsage();
  let stalledMs = 0;
  const tick = (): void => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(usage);
    // The process's own computing is no stall: code that blocks the event loop has to exceed the bounds.
    stalledMs += Math.max(0, now - tickedAt - Math.max(2 * TICK_MS, (user + system) / 1_000));
    tickedAt = now;
    usage = process.cpuUsage();
  };
  const ticks = setInterval(tick, TICK_MS);
  try {
    const outcome = await action();
    tick();
    const ms = tickedAt - startedAt;
    return { outcome, ms, stalledMs, waitedMs: ms - stalledMs };
  } finally {
    clearInterval(ticks);
  }
}
