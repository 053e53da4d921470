import { defineOptions, mustBe } from './define-options.js';
import { delay, functionOf, MAX_TIMER_MS, oneOf } from './option-rules.js';
import type { MeteringOptions } from './openrouter-options.js';

const MAX_LOOKUPS = 20;

const delays = mustBe<readonly number[]>(
  `a list of 1 to ${MAX_LOOKUPS} numbers of milliseconds, ascending, from 0 to ${MAX_TIMER_MS}, for example [1_000, 5_000]`,
  (value) =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= MAX_LOOKUPS &&
    value.every(
      (each, index) => delay(each, value) === undefined && (index === 0 || each > value[index - 1]),
    ),
);

export const METERING_OPTIONS = defineOptions<MeteringOptions>("{ byok: 'total' }", {
  fetch: functionOf(),
  byok: oneOf('fee', 'total'),
  onUnattributed: oneOf('allow', 'refuse'),
  shutdownMs: delay,
  lookupDelaysMs: delays,
});
