// axios alone, as safe as it can be configured: what a careful team would write by hand.
import { Agent } from 'node:http';
import axios from 'axios';
import { API_KEY, MAX_BYTES, MAX_SOCKETS, TIMEOUT_MS } from '../shared.mjs';

export function open(baseURL) {
  const client = axios.create({
    baseURL,
    headers: { authorization: `Bearer ${API_KEY}`, accept: 'application/json' },
    httpAgent: new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    proxy: false,
    maxRedirects: 0,
    timeout: TIMEOUT_MS,
    maxContentLength: MAX_BYTES,
    maxBodyLength: MAX_BYTES,
    responseType: 'text',
    transformResponse: (text) => text,
    validateStatus: (status) => status >= 200 && status < 300,
  });
  return {
    call: async () => {
      const { signal } = new globalThis.AbortController();
      const { data } = await client.get('/credits', { signal });
      return JSON.parse(data);
    },
    totalCredits: (answer) => answer.data.total_credits,
  };
}
