import type { OpenRouterInstrumentation } from '../contracts/instrumentation.js';
import { AXIOS_OPTIONS } from './axios-options.schema.js';
import { BALANCE_OPTIONS } from './balance-options.schema.js';
import { defineOptions, group, groupOrFalse, mustBe } from './define-options.js';
import { headers, headerValue } from './header-rules.js';
import { keySource } from './key-rules.js';
import { METERING_OPTIONS } from './metering-options.schema.js';
import { duration, integerFrom, trueOrFalse } from './option-rules.js';
import type { OpenRouterModuleOptions } from './openrouter-options.js';
import { RETRY_OPTIONS } from './retry-options.schema.js';
import { SPEND_LIMITS_OPTIONS } from './spend-limits-options.schema.js';
import { baseUrl, webUrl } from './url-rules.js';
import { isRecord } from '../untrusted/is-record.js';

const MEBIBYTE = 1_048_576;

/** Twice this is more than a JavaScript string can hold. */
const MAX_RESPONSE_BYTES = 256 * MEBIBYTE;

const categories = mustBe<readonly string[]>(
  'a list of at most two categories, each of up to 30 lower-case letters, digits and hyphens, ' +
    "for example ['cloud-agent']",
  (value) =>
    Array.isArray(value) &&
    value.length <= 2 &&
    value.every((category) => typeof category === 'string' && /^[a-z0-9-]{1,30}$/.test(category)),
);

const HOOKS = [
  'onAttach',
  'onAlert',
  'onRequest',
  'onResponse',
  'onError',
  'onRetry',
  'onCost',
  'onRefusal',
  'onSpendAlert',
  'onSpendStoreAlert',
  'wrap',
] as const satisfies readonly (keyof OpenRouterInstrumentation)[];

const instrumentation = mustBe<OpenRouterInstrumentation | readonly OpenRouterInstrumentation[]>(
  `an object with at least one of the functions ${HOOKS.join(', ')}, or a list of such objects`,
  (value) => [value].flat().every(hasHook),
);

function hasHook(value: unknown): boolean {
  return isRecord(value) && HOOKS.some((name) => typeof value[name] === 'function');
}

export const MODULE_OPTIONS = defineOptions<OpenRouterModuleOptions>('{ apiKey }', {
  apiKey: keySource,
  managementKey: keySource,
  baseUrl,
  allowInsecureBaseUrl: trueOrFalse,
  httpReferer: webUrl,
  appTitle: headerValue,
  appCategories: categories,
  headers,
  timeoutMs: duration,
  deadlineMs: duration,
  retry: groupOrFalse(RETRY_OPTIONS),
  maxResponseBytes: integerFrom(1, MAX_RESPONSE_BYTES),
  axios: group(AXIOS_OPTIONS),
  verifyKeysOnBootstrap: trueOrFalse,
  balance: group(BALANCE_OPTIONS),
  metering: group(METERING_OPTIONS),
  spendLimits: group(SPEND_LIMITS_OPTIONS),
  instrumentation,
});
