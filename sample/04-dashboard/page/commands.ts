import type { Commands, Refusal } from '../shared/dashboard.js';

/** Longer than the server waits for OpenRouter. */
const TIMEOUT_MS = 40_000;

export type Answer<T> =
  { readonly ok: true; readonly body: T } | { readonly ok: false; readonly refusal: Refusal };

/** Sends a command to the server. Never throws: no answer counts as a refusal, too. */
export async function send<T = undefined>(
  path: keyof Commands,
  body: Commands[keyof Commands] = {},
): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    return response.ok
      ? { ok: true, body: answer as T }
      : { ok: false, refusal: readRefusal(response.status, answer) };
  } catch {
    return { ok: false, refusal: { statusCode: 0, message: 'The server does not answer.' } };
  }
}

function readRefusal(statusCode: number, answer: unknown): Refusal {
  const { message, code, purchaseUrl } = (answer ?? {}) as {
    message?: string | string[];
    code?: string;
    purchaseUrl?: string;
  };
  return {
    // For an invalid body, Nest sends a list of messages.
    message: [message ?? `The server answered ${statusCode}.`].flat().join('; '),
    statusCode,
    ...(code !== undefined && { code }),
    ...(purchaseUrl !== undefined && { purchaseUrl }),
  };
}
