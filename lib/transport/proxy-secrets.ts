import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { secretsOfHeaders } from '../secret/secret-headers.js';
import { MIN_RUN_LENGTH } from '../secret/shared-runs.js';
import { isRecord } from '../untrusted/is-record.js';
import { decoded } from './proxy.js';

/** From this length on, a user name counts as a secret: some proxies take a token in its place. */
const MIN_TOKEN_LENGTH = MIN_RUN_LENGTH;

/** The credentials for a proxy, which it may send back: those of `axios.proxy`, and those of agents that hold a URL. */
export function secretsOfProxy({ proxy, httpAgent, httpsAgent }: OpenRouterAxiosOptions): string[] {
  const { auth, headers } = membersOf(proxy);
  const { username, password } = membersOf(auth);
  return [
    ...secretsOfLogin(username, password),
    ...secretsOfUrl(proxy),
    ...secretsOfHeaders(stringsIn(headers)),
    ...[httpAgent, httpsAgent].flatMap(secretsOfAgent),
  ];
}

/** `proxy-agent` and similar agents keep the URL in `proxy`, and further headers in `proxyHeaders`. */
function secretsOfAgent(agent: unknown): string[] {
  const { proxy, proxyHeaders } = membersOf(agent);
  return [...secretsOfUrl(proxy), ...secretsOfHeaders(stringsIn(proxyHeaders))];
}

function secretsOfUrl(url: unknown): string[] {
  return url instanceof URL ? secretsOfLogin(decoded(url.username), decoded(url.password)) : [];
}

/** Includes the pair, since a short password in base64 is recognised only together with the user name before it. */
function secretsOfLogin(username: unknown, password: unknown): string[] {
  const user = typeof username === 'string' ? username : '';
  const secret = typeof password === 'string' ? password : '';
  return [
    ...(secret === '' ? [] : [secret]),
    ...(user.length >= MIN_TOKEN_LENGTH ? [user] : []),
    ...(user + secret === '' ? [] : [`${user}:${secret}`]),
  ];
}

function stringsIn(value: unknown): Record<string, string> {
  const members = Object.entries(membersOf(value));
  return Object.fromEntries(
    members.filter((member): member is [string, string] => typeof member[1] === 'string'),
  );
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}
