import type { Commands, Refusal } from '../shared/dashboard.js';

/** Longer than the server waits for OpenRouter. */
const LONGEST_WAIT_MS = 40_000;

export type Answer<T> =
  { readonly ok: true; readonly body: T } | { readonly ok: false; readonly refusal: Refusal };

/** Asks the server to do something. Never throws: a server that is gone is a refusal as well. */
export async function send<T = undefined>(
  path: keyof Commands,
  body: Commands[keyof Commands] = {},
): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    return response.ok
      ? { ok: true, body: answer as T }
      : { ok: false, refusal: readRefusal(response.status, answer) };
  } catch {
    return { ok: false, refusal: { statusCode: 0, message: 'The server of this page does not answer.' } };
  }
}

function readRefusal(statusCode: number, answer: unknown): Refusal {
  const { message, purchaseUrl } = (answer ?? {}) as { message?: string | string[]; purchaseUrl?: string };
  return {
    // Nest gives a list of what is wrong with a body.
    message: [message ?? `The server answered ${statusCode}.`].flat().join('; '),
    statusCode,
    ...(purchaseUrl !== undefined && { purchaseUrl }),
  };
}
