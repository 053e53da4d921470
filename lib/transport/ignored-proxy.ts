import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { isLoopback } from '../options/url-rules.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variables in which other programs look for a proxy, those for the protocol first. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'http_proxy', 'HTTP_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/**
 * Says that the environment names a proxy that is not used, and what to set instead. Behind a firewall that only lets
 * the proxy out, nothing else explains why no connection is made.
 *
 * @param own - The account's connection settings. With a proxy, adapter or agent among them there is no hint.
 * @returns Text without any value of a variable, since a proxy's URL may hold a password. `undefined` if the
 * environment names no proxy for the host.
 */
export function tellIgnoredProxy(
  baseUrl: string,
  own: OpenRouterAxiosOptions,
  environment: Environment,
): string | undefined {
  const url = new URL(baseUrl);
  const agent = url.protocol === 'https:' ? 'httpsAgent' : 'httpAgent';
  const isConfigured = [own.proxy, own.adapter, own[agent]].some((setting) => setting !== undefined);
  const variable = VARIABLES[url.protocol]?.find((name) => environment[name]?.trim());
  if (isConfigured || variable === undefined || isLoopback(url.hostname) || isExcepted(url, environment)) {
    return undefined;
  }
  return (
    `\`${variable}\` is set in the environment and is not used, since the key must take no route that the options do ` +
    `not name. To use that proxy, set \`axios.proxy\`, or an agent as \`axios.${agent}\`.`
  );
}

/** Whether `NO_PROXY` lists the host: by its name or a parent domain, with or without a port, or by `*`. */
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
