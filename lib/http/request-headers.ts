import type { AccountSettings } from '../options/resolve-options.js';
import { VERSION } from './version.js';

const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** The headers that every call of an account has in common: everything but the key. */
export function accountHeaders({ headers, options }: AccountSettings): Readonly<Record<string, string>> {
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
