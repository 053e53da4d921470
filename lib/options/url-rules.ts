import { isOpenRouterHost } from '../errors/openrouter-host.js';
import type { Rule } from './define-options.js';
import { headerValue } from './header-rules.js';

const API_PATH = /^\/api\/[^/]/;

/** The address of a web page, sent as a header. */
export const webUrl: Rule<string> = (value, siblings) =>
  webUrlOf(value) === undefined
    ? { mustBe: 'an absolute URL, for example https://example.com' }
    : headerValue(value, siblings);

/** The address of the API. */
export const baseUrl: Rule<string> = (value, siblings) => {
  const url = typeof value === 'string' && value === value.trim() ? webUrlOf(value) : undefined;
  if (value === '') {
    return 'must not be empty; leave it out, or check the environment variable that it comes from';
  }
  if (url === undefined) {
    return {
      mustBe: 'an absolute URL with its version path, for example https://openrouter.ai/api/v1',
      isSecret: true,
    };
  }
  if (url.username !== '' || url.password !== '') {
    return 'must not hold credentials; use `apiKey` or `managementKey`';
  }
  if (/[?#]/.test(url.href)) {
    return 'must have neither a query nor a fragment';
  }
  if (isOpenRouterHost(url.hostname) && !API_PATH.test(url.pathname)) {
    return `lacks the version path of the API; write https://${url.hostname}/api/v1`;
  }
  const isInsecure = url.protocol === 'http:' && !isLoopback(url.hostname);
  return isInsecure && Reflect.get(siblings, 'allowInsecureBaseUrl') !== true
    ? 'must use https:, since the key would travel in clear text; for a trusted network set `allowInsecureBaseUrl: true`'
    : undefined;
};

/** Whether a host is this machine. Names below `localhost` do not count: some resolvers ask the network about them. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function webUrlOf(value: unknown): URL | undefined {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}
