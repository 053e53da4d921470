import { inspect } from 'node:util';

/** What a call rejects with. Fails where the call resolves, or does not settle at all. */
export async function failureOf(call: Promise<unknown>, withinMs = 3_000): Promise<Error> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled within ${withinMs} ms`)), withinMs);
  });
  const outcome = call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  try {
    const settled = await Promise.race([outcome, never]);
    if ('error' in settled) {
      return settled.error as Error;
    }
    throw new Error(`resolved with ${inspect(settled.value)} where a failure was due`);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that something took, with its outcome. */
export async function timed<T>(action: () => Promise<T>): Promise<{ ms: number; outcome: T }> {
  const start = performance.now();
  const outcome = await action();
  return { ms: performance.now() - start, outcome };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a condition holds, at most `withinMs`. */
export async function until(condition: () => boolean, withinMs = 1_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`the condition did not come true within ${withinMs} ms`);
    }
    await sleep(2);
  }
}
