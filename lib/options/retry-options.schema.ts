import type { RetryOptions } from '../contracts/request-options.js';
import { defineOptions, mustBe } from './define-options.js';
import { delay, integerFrom, numberFrom, trueOrFalse } from './option-rules.js';

const statusList = mustBe<readonly number[]>(
  'a list of HTTP statuses from 400 to 599, for example [429, 503]',
  (value) =>
    Array.isArray(value) &&
    value.every((status) => Number.isInteger(status) && status >= 400 && status <= 599),
);

export const RETRY_OPTIONS = defineOptions<RetryOptions>('{ maxRetries: 1 }', {
  maxRetries: integerFrom(0, 100),
  initialDelayMs: delay,
  backoffMultiplier: numberFrom(1, 100),
  maxDelayMs: delay,
  retryCodes: statusList,
  retryThrottledPost: trueOrFalse,
});
