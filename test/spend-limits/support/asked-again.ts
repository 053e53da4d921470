import { sleep } from '../../support/waiting.js';

const PATIENCE_MS = 10_000;

/** Calls that are no longer waited for keep the store busy all the same: whoever asks again at once gets no answer. */
const PAUSE_MS = 100;
/** Each pause before a completion is sent again is twice as long as the last one, up to this. */
const LONGEST_PAUSE_MS = 1_600;

/**
 * Asks again where a busy machine has kept the store from answering in time, as an application may: in this process, or in
 * that of a `Replica`, whose exceptions arrive as text.
 */
export async function askedAgain<T>(ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!String(error).includes('OpenRouterSpendStoreException') || performance.now() > end) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * Sends a completion again where a busy machine has kept the store from answering in time. The answer is read.
 *
 * @param isDone - Whether a refusal is final all the same.
 */
export async function sentAgain(
  send: () => Promise<Response>,
  isDone: () => boolean = () => false,
): Promise<Response> {
  const end = performance.now() + 6 * PATIENCE_MS;
  for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    const answer = await send();
    await answer.text();
    if (answer.status !== 402 || isDone() || performance.now() > end) return answer;
    await sleep(pauseMs);
  }
}
