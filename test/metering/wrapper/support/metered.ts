import { openMeteredFetch, type MeteredFetchParts } from '../../../../lib/metering/wrapper/metered-fetch.js';
import { API_KEY, type TestServer } from '../../../support/servers.js';
import type { RecordingDesk } from './recording-desk.js';

/** A metered `fetch` of the account of a server. */
export function meteredFetch(
  server: Pick<TestServer, 'baseUrl'>,
  desk: RecordingDesk,
  parts: Partial<MeteredFetchParts> = {},
): typeof globalThis.fetch {
  return openMeteredFetch({
    innerFetch: () => globalThis.fetch,
    baseUrl: server.baseUrl,
    byok: 'fee',
    desk,
    ambient: () => ({ scope: undefined, holdUsd: undefined }),
    ...parts,
  })();
}

/** A request for a completion. */
export function post(body: object = { model: 'a/b', max_tokens: 100, messages: [] }): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(body),
  };
}
