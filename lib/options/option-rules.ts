import type { ValidationArguments } from 'class-validator';
import { isOpenRouterHost } from '../errors/openrouter-host.js';
import { isRecord } from '../untrusted/is-record.js';
import { ValidateBy, ValidateIf } from './class-validator.js';

/** Why a value is refused and what to do about it; `undefined` if it is fine. Shows no value that may be secret. */
export type Rule = (value: unknown, owner: object) => string | undefined;

/** `setTimeout` fires at once for anything longer. */
export const LONGEST_TIMER_MS = 2_147_483_647;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7E]*$/;
const MANAGED_HEADERS = new Set([
  'authorization',
  'proxy-authorization',
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'accept',
  'accept-encoding',
]);

/** Lets a property of a class-validator class be absent; unlike `IsOptional`, not `null`. */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_owner, value) => value !== undefined);

/** Applies a {@link Rule} to a property of a class-validator class; an absent property is not asked. */
export function Obeys(rule: Rule): PropertyDecorator {
  const optional = MayBeAbsent();
  const check = ValidateBy({
    name: 'rule',
    validator: {
      validate: (value: unknown, args?: ValidationArguments) => rule(value, args?.object ?? {}) === undefined,
      defaultMessage: (args?: ValidationArguments) =>
        `\`${args?.property}\` ${rule(args?.value, args?.object ?? {})}`,
    },
  });
  return (target, property) => {
    optional(target, property);
    check(target, property);
  };
}

export const booleanRule: Rule = (value) =>
  typeof value === 'boolean' ? undefined : 'must be true or false';

export const durationRule: Rule = (value) =>
  typeof value === 'number' && value > 0 && value <= LONGEST_TIMER_MS
    ? undefined
    : `must be a number of milliseconds above 0 and at most ${LONGEST_TIMER_MS}`;

export const delayRule: Rule = (value) =>
  typeof value === 'number' && value >= 0 && value <= LONGEST_TIMER_MS
    ? undefined
    : `must be a number of milliseconds from 0 to ${LONGEST_TIMER_MS}`;

/** Numbers from `least` to `most`. */
export function rangeRule(least: number, most: number): Rule {
  return (value) =>
    typeof value === 'number' && value >= least && value <= most
      ? undefined
      : `must be a number from ${least} to ${most}`;
}

/** Whole numbers from `least` to `most`. */
export function integerRule(least: number, most: number): Rule {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
}

export const statusListRule: Rule = (value) =>
  Array.isArray(value) && value.every((status) => Number.isInteger(status) && status >= 400 && status <= 599)
    ? undefined
    : 'must be a list of HTTP statuses from 400 to 599, for example [429, 503]';

export const headerTextRule: Rule = (value) => {
  if (typeof value !== 'string' || value.trim() === '') {
    return 'must be a text that is not blank';
  }
  return HEADER_VALUE.test(value)
    ? undefined
    : 'has a character that no HTTP header can carry; use printable ASCII';
};

export const webUrlRule: Rule = (value) => {
  const url = typeof value === 'string' ? tryParseUrl(value) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:'
    ? headerTextRule(value, {})
    : 'must be an absolute URL, for example https://example.com';
};

export const categoriesRule: Rule = (value) =>
  Array.isArray(value) &&
  value.length <= 2 &&
  value.every((category) => typeof category === 'string' && /^[a-z0-9-]{1,30}$/.test(category))
    ? undefined
    : 'must be a list of at most two categories, each of up to 30 lower-case letters, digits and hyphens, ' +
      "for example ['cloud-agent']";

export const headersRule: Rule = (value) => {
  if (!isRecord(value)) {
    return "must be an object of texts, for example { 'x-team': 'billing' }";
  }
  for (const [name, text] of Object.entries(value)) {
    if (!HEADER_NAME.test(name)) {
      return 'has a name that is no HTTP header name';
    }
    if (name.toLowerCase() === 'authorization') {
      return 'may not set `authorization`; use `apiKey` or `managementKey`';
    }
    if (MANAGED_HEADERS.has(name.toLowerCase())) {
      return `may not set \`${name}\`, which the package sets itself`;
    }
    if (typeof text !== 'string' || !HEADER_VALUE.test(text)) {
      return `has a value for \`${name}\` that no HTTP header can carry; use printable ASCII`;
    }
  }
  return undefined;
};

/** What is wrong with the text of a key; shows nothing of it. */
export function keyTextProblem(key: unknown): string | undefined {
  if (typeof key !== 'string') {
    return 'must be a string or a SecretString';
  }
  if (key.trim() === '') {
    return 'must not be blank; check that the environment variable that it comes from is set';
  }
  if (key !== key.trim()) {
    return 'has white space or a line break around it; remove it';
  }
  if (/^["'].*["']$/.test(key)) {
    return 'has quotation marks around it; remove them';
  }
  if (/^bearer\s/i.test(key)) {
    return 'must be the key alone; leave out "Bearer"';
  }
  return /^[\x21-\x7E]+$/.test(key)
    ? undefined
    : 'has a character that no HTTP header can carry (a space, a line break, a letter outside ASCII); copy the key again';
}

const API_PATH = /^\/api\/[^/]/;

export const baseUrlRule: Rule = (value, owner) => {
  const url = typeof value === 'string' && value === value.trim() ? tryParseUrl(value) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'must be an absolute URL with its version path, for example https://openrouter.ai/api/v1';
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
  const insecure = url.protocol === 'http:' && !isLoopback(url.hostname);
  return insecure && Reflect.get(owner, 'allowInsecureBaseUrl') !== true
    ? 'must use https:, since the key would travel in clear text; for a trusted network set `allowInsecureBaseUrl: true`'
    : undefined;
};

/** Whether a host is this machine. Not the names below `localhost`: many a resolver asks the network about them. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function tryParseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
