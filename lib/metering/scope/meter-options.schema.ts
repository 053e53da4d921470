import { MAX_COUNTED_USD } from '../../money/nano-usd.js';
import { defineOptions, mustBe } from '../../options/define-options.js';
import type { MeterOptions } from '../metering.options.js';

export const METER_OPTIONS = defineOptions<MeterOptions>('{ holdUsd: 0.2 }', {
  holdUsd: mustBe<number>(
    `a number of US dollars from 0 to ${MAX_COUNTED_USD}`,
    (value) => typeof value === 'number' && value >= 0 && value <= MAX_COUNTED_USD,
  ),
});
