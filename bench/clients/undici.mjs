import { Agent, request } from 'undici';
import { API_KEY, MAX_SOCKETS, TIMEOUT_MS } from '../shared.mjs';

export function open(baseUrl) {
  const dispatcher = new Agent({
    connections: MAX_SOCKETS,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  const url = `${baseUrl}/credits`;
  const headers = { authorization: `Bearer ${API_KEY}`, accept: 'application/json' };
  return {
    call: async () => {
      const { signal } = new globalThis.AbortController();
      const { statusCode, body } = await request(url, { dispatcher, headers, signal });
      const text = await body.text();
      if (statusCode !== 200) {
        throw new Error(`answered ${statusCode}`);
      }
      return JSON.parse(text);
    },
    totalCredits: (answer) => answer.data.total_credits,
  };
}
