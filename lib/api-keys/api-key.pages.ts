import type { RequestOptions } from '../contracts/request-options.js';
import { OpenRouterAbortException, OpenRouterResponseException } from '../errors/client.exceptions.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import type { OpenRouterCall } from '../http/openrouter-call.js';
import { ownMembers } from '../options/pollution.js';
import { decodeApiKeys } from './api-keys.decoders.js';
import type { ApiKey } from './api-keys.models.js';
import type { ListApiKeysQuery } from './list-api-keys.query.js';

/** OpenRouter neither lets a caller choose the size of a page nor says how many keys there are. */
const PAGE_SIZE = 100;

/** The call for one page. */
export function pageCall(
  { includeDisabled, offset, workspaceId }: ListApiKeysQuery,
  startedAt?: number,
): OpenRouterCall<ApiKey[]> {
  return {
    operation: 'apiKeys.list',
    method: 'GET',
    path: '/keys',
    query: {
      include_disabled: includeDisabled === undefined ? undefined : String(includeDisabled),
      offset,
      workspace_id: workspaceId,
    },
    key: 'management',
    decode: decodeApiKeys,
    startedAt,
  };
}

/**
 * The keys of all pages from an offset on, each key once.
 *
 * @param startedAt - When the one deadline of all pages began. By default each page has a deadline of its own.
 */
export async function* keysOfPages(
  pipeline: HttpPipeline,
  { offset: start = 0, ...which }: ListApiKeysQuery,
  options: RequestOptions | undefined,
  startedAt?: number,
): AsyncGenerator<ApiKey, void, undefined> {
  const { signal } = ownMembers(options ?? {});
  const seen = new Set<string>();
  let offset = start;
  let isFull = true;
  while (isFull) {
    const page = await pipeline.request(pageCall({ ...which, offset }, startedAt), options);
    isFull = page.length >= PAGE_SIZE;
    const known = seen.size;
    for (const key of page) {
      if (seen.has(key.hash)) continue;
      seen.add(key.hash);
      if (signal?.aborted === true) throw aborted();
      yield key;
    }
    if (isFull && seen.size === known) throw repeated(offset);
    offset += page.length;
  }
}

function aborted(): OpenRouterAbortException {
  return new OpenRouterAbortException({
    message: "apiKeys.iterate was ended: the caller's signal was aborted.",
    delivery: 'not-sent',
  });
}

function repeated(offset: number): OpenRouterResponseException {
  return new OpenRouterResponseException({
    message:
      `apiKeys.iterate: the page from offset ${offset} has only keys that were on earlier pages, so the rest of the ` +
      'list cannot be reached. Does the server at `baseUrl` know `offset`?',
    delivery: 'applied',
    path: 'data',
  });
}
