import type { RequestOptions } from '../contracts/request-options.js';
import type { ResolvedOpenRouterOptions } from '../options/openrouter-options.js';
import type { OpenRouterCall } from './openrouter-call.js';
import { VERSION } from './version.js';

type Headers = Readonly<Record<string, string>>;

const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** The headers that all calls of an account have in common, without the key. */
export function accountHeaders(headers: Headers, options: ResolvedOpenRouterOptions): Headers {
  return Object.freeze({
    'user-agent': `nestjs-openrouter/${VERSION}`,
    ...(options.httpReferer !== undefined && { 'http-referer': options.httpReferer }),
    ...(options.appTitle !== undefined && { 'x-openrouter-title': options.appTitle }),
    ...(options.appCategories !== undefined && {
      'x-openrouter-categories': options.appCategories.join(','),
    }),
    ...headers,
    accept: 'application/json',
    'accept-encoding': ACCEPTED_ENCODINGS,
  });
}

/** The headers of one call, without the key. Its own headers win over the account's. */
export function callHeaders(
  common: Headers,
  { body }: Pick<OpenRouterCall<unknown>, 'body'>,
  own: RequestOptions['headers'] = {},
): Headers {
  const headers: Record<string, string> = { ...common };
  for (const [name, value] of Object.entries(own)) {
    headers[name.toLowerCase()] = value;
  }
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
  }
  return headers;
}
