import type { Dictionary, Rule } from './define-options.js';
import { nonEmptyString } from './option-rules.js';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7E]*$/;
const MANAGED = new Set([
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

/** A string that a header can carry. */
export const headerValue: Rule<string> = (value, siblings) =>
  nonEmptyString(value, siblings) ??
  (VALUE.test(value as string)
    ? undefined
    : 'has a character that no HTTP header can carry; use printable ASCII');

/** Headers of the user's own. */
export const headers: Dictionary<Readonly<Record<string, string>>> = {
  kind: 'dictionary',
  example: "{ 'x-team': 'billing' }",
  problemOf: (name, value) => {
    if (!NAME.test(name)) {
      return 'has a name that is not a valid HTTP header name';
    }
    if (name.toLowerCase() === 'authorization') {
      return 'may not set `authorization`; use `apiKey` or `managementKey`';
    }
    if (MANAGED.has(name.toLowerCase())) {
      return `may not set \`${name}\`, which the package sets itself`;
    }
    return typeof value === 'string' && VALUE.test(value)
      ? undefined
      : `has a value for \`${name}\` that no HTTP header can carry; use printable ASCII`;
  },
};
