import type { OpenRouterAxiosOptions } from '../options/openrouter-options.js';
import { secretsOfHeaders } from '../secret/secret-headers.js';
import { SHORTEST_RUN } from '../secret/shared-runs.js';

/** So much of a user's name may be the secret itself, as with proxies that take a token in its place. */
const SHORTEST_TOKEN = SHORTEST_RUN;

/** What proves to a proxy who asks, which the proxy may send back: of `axios.proxy`, and of agents that hold a URL. */
export function secretsOfProxy({ proxy, httpAgent, httpsAgent }: OpenRouterAxiosOptions): string[] {
  const own = typeof proxy === 'object' ? proxy : undefined;
  return [
    ...secretsOfLogin(own?.auth?.username, own?.auth?.password),
    ...secretsOfHeaders(textsOf(own, 'headers')),
    ...[httpAgent, httpsAgent].flatMap(secretsOfAgent),
  ];
}

/** `proxy-agent` and its like keep the URL in `proxy`, and further headers in `proxyHeaders`. */
function secretsOfAgent(agent: unknown): string[] {
  const { proxy } = record(agent);
  const login = proxy instanceof URL ? secretsOfLogin(decoded(proxy.username), decoded(proxy.password)) : [];
  return [...login, ...secretsOfHeaders(textsOf(agent, 'proxyHeaders'))];
}

/** Both together as well, since a short password in base64 is known only with what stands before it. */
function secretsOfLogin(username: unknown, password: unknown): string[] {
  const user = typeof username === 'string' ? username : '';
  const secret = typeof password === 'string' ? password : '';
  return [
    ...(secret === '' ? [] : [secret]),
    ...(user.length >= SHORTEST_TOKEN ? [user] : []),
    ...(user + secret === '' ? [] : [`${user}:${secret}`]),
  ];
}

function textsOf(value: unknown, name: string): Record<string, string> {
  const members = Object.entries(record(record(value)[name]));
  return Object.fromEntries(
    members.filter((member): member is [string, string] => typeof member[1] === 'string'),
  );
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
