import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { isRecord } from '../untrusted/is-record.js';

/** The proxy that the options name. */
export interface Proxy {
  /** With its colon. */
  readonly protocol: string;
  readonly host: string;
  readonly port: string | number | undefined;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

/** Reads `axios.proxy`, either in the form that axios documents or as a `URL`. */
export function proxyIn({ proxy }: OpenRouterAxiosOptions): Proxy | undefined {
  if (!isRecord(proxy)) {
    return undefined;
  }
  const { hostname, host, port, protocol = 'http:', auth, username, password } = proxy;
  const login = isRecord(auth)
    ? loginOf(auth['username'], auth['password'])
    : loginOf(decoded(username), decoded(password));
  return {
    protocol: `${String(protocol).replace(/:$/, '')}:`,
    host: unbracketed(String(hostname ?? host)),
    port: typeof port === 'string' || typeof port === 'number' ? port : undefined,
    authorization: login === ':' ? undefined : `Basic ${Buffer.from(login).toString('base64')}`,
  };
}

/** The host to connect to. Only in a URL does an IPv6 address have brackets. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** A part of a URL without its percent-encoding, or unchanged if the encoding is malformed. */
export function decoded(part: unknown): unknown {
  try {
    return typeof part === 'string' ? decodeURIComponent(part) : undefined;
  } catch {
    return part;
  }
}

function loginOf(username: unknown, password: unknown): string {
  return [username, password].map((part) => (typeof part === 'string' ? part : '')).join(':');
}
