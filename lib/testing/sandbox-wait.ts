import type { ServerResponse } from 'node:http';
import * as timers from 'node:timers';

// Taken before a test can fake them: fake timers replace both the module's functions and the global ones.
const { clearTimeout, setImmediate, setTimeout } = timers;

/**
 * Waits for some milliseconds, but not longer than the connection of a response lasts, and without keeping the process
 * alive. 0 does not wait at all.
 */
export async function pauseOf(response: ServerResponse, ms: number): Promise<void> {
  if (ms === 0 || response.destroyed) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      response.off('close', end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    response.once('close', end);
  });
}

/** Writes a chunk of a body of its own, and waits until a client that reads slowly can take more. */
export async function writeChunk(response: ServerResponse, text: string): Promise<void> {
  const hasRoom = response.write(text);
  await new Promise<void>((resolve) => {
    // In its own turn, so that each chunk is a write of its own and a client that leaves is noticed between two.
    if (hasRoom || response.destroyed) {
      setImmediate(resolve);
      return;
    }
    const end = (): void => {
      response.off('drain', end);
      response.off('close', end);
      resolve();
    };
    response.once('drain', end);
    response.once('close', end);
  });
}
