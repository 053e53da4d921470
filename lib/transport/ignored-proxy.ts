import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { isLoopback } from '../options/url-rules.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables by which other programs know a proxy, those that are meant for the protocol first. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/**
 * Says that the environment names a proxy which is not used, and what to set instead: behind a firewall that lets only
 * the proxy out, a failure to connect tells nothing of it.
 *
 * @param own - What the account says of its connections; where it names a way of its own, there is nothing to say.
 * @returns A sentence that shows no value, since a proxy's URL may hold a password; `undefined` if no proxy is named
 * for the host.
 */
export function tellIgnoredProxy(
  baseUrl: string,
  own: OpenRouterAxiosOptions,
  environment: Environment,
): string | undefined {
  const url = new URL(baseUrl);
  const agent = url.protocol === 'https:' ? 'httpsAgent' : 'httpAgent';
  const hasOwnWay = [own.proxy, own.adapter, own[agent]].some((way) => way !== undefined);
  const variable = VARIABLES[url.protocol]?.find((name) => environment[name]?.trim());
  if (hasOwnWay || variable === undefined || isLoopback(url.hostname) || isExcepted(url, environment)) {
    return undefined;
  }
  return (
    `\`${variable}\` is set in the environment and is not used, so that the key takes no way that the options do not ` +
    `name: to go through that proxy, set \`axios.proxy\`, or an agent as \`axios.${agent}\`.`
  );
}

/** Whether `NO_PROXY` takes the host out: by its name, a domain above it, each with a port or without, or `*`. */
function isExcepted({ hostname, port, protocol }: URL, environment: Environment): boolean {
  const list = ['no_proxy', 'NO_PROXY'].map((name) => environment[name]?.trim()).find(Boolean) ?? '';
  const ownPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, name = '', onPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      const domain = name.replace(/^\*?\.?/, '');
      const isHost = domain === '' || hostname === domain || hostname.endsWith(`.${domain}`);
      return isHost && (onPort === undefined || onPort === ownPort);
    });
}
