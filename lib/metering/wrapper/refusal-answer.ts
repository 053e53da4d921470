import type { CompletionRefusal } from '../completion/open-completion.js';

const STATUS = 402;

/**
 * A refusal as OpenRouter answers when money is short. It is an answer because clients retry what `fetch` throws, and it
 * has the status 402 because that one no client retries.
 */
export function refusalAnswer({ message, metadata, retryAfterMs }: CompletionRefusal, url: string): Response {
  const answer = new Response(JSON.stringify({ error: { code: STATUS, message, metadata } }), {
    status: STATUS,
    statusText: 'Payment Required',
    headers: {
      'content-type': 'application/json',
      'x-should-retry': 'false',
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) }),
    },
  });
  Object.defineProperty(answer, 'url', { value: url, configurable: true });
  return answer;
}
