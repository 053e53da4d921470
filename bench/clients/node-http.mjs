// node:http alone, with the limits that every call needs: the lowest cost of any client on top of it.
import { Agent, request } from 'node:http';
import { API_KEY, MAX_BYTES, MAX_SOCKETS, TIMEOUT_MS } from '../shared.mjs';

export function open(baseUrl) {
  const { hostname, port, pathname } = new globalThis.URL(`${baseUrl}/credits`);
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const options = { hostname, port, path: pathname, agent };
  const headers = { authorization: `Bearer ${API_KEY}`, accept: 'application/json' };
  return {
    call: async () => JSON.parse(await textOf({ ...options, headers })),
    totalCredits: (answer) => answer.data.total_credits,
  };
}

function textOf(options) {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks = [];
      let length = 0;
      response.on('data', (chunk) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > MAX_BYTES) {
          sent.destroy(new Error('the body is too large'));
        }
      });
      response.on('end', () => {
        clearTimeout(timer);
        const text = globalThis.Buffer.concat(chunks).toString();
        if (response.statusCode === 200) {
          resolve(text);
        } else {
          reject(new Error(`answered ${response.statusCode}`));
        }
      });
      response.on('error', reject);
    });
    const timer = setTimeout(() => sent.destroy(new Error('took too long')), TIMEOUT_MS);
    sent.on('error', reject);
    sent.end();
  });
}
