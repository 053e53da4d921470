import { inspect } from 'node:util';

/** What a call rejects with. Fails where the call resolves, or does not settle at all. */
export async function failureOf(call: Promise<unknown>, withinMs = 10_000): Promise<Error> {
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
