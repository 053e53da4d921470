import { API_KEY, TIMEOUT_MS } from '../shared.mjs';

export function open(baseUrl) {
  const url = `${baseUrl}/credits`;
  const headers = { authorization: `Bearer ${API_KEY}`, accept: 'application/json' };
  return {
    call: async () => {
      const signal = globalThis.AbortSignal.timeout(TIMEOUT_MS);
      const response = await globalThis.fetch(url, { headers, signal, redirect: 'manual' });
      if (!response.ok) {
        throw new Error(`answered ${response.status}`);
      }
      return JSON.parse(await response.text());
    },
    totalCredits: (answer) => answer.data.total_credits,
  };
}
