import { abortSignal } from '../http/request-options.schema.js';
import { checkCallOptions, type Checked } from '../options/check-options.js';
import { defineOptions, mustBe } from '../options/define-options.js';
import { integerFrom } from '../options/option-rules.js';
import type { BalanceForecastOptions, BalanceGetOptions, BalanceRefreshOptions } from './balance.options.js';

const REFRESH_OPTIONS = defineOptions<BalanceRefreshOptions>('{ signal }', { signal: abortSignal });

const GET_OPTIONS = defineOptions<BalanceGetOptions>('{ maxAgeMs: 5_000 }', {
  signal: abortSignal,
  maxAgeMs: mustBe<number>(
    'a number of milliseconds, 0 or more',
    (value) => typeof value === 'number' && value >= 0,
  ),
});

const FORECAST_OPTIONS = defineOptions<BalanceForecastOptions>('{ days: 14 }', {
  signal: abortSignal,
  days: integerFrom(1, 30),
});

/** @throws `OpenRouterValidationException` */
export function checkGetOptions(options: BalanceGetOptions): Checked<BalanceGetOptions> {
  return checkCallOptions(GET_OPTIONS, options, 'balance.get, options');
}

/** @throws `OpenRouterValidationException` */
export function checkRefreshOptions(options: BalanceRefreshOptions): Checked<BalanceRefreshOptions> {
  return checkCallOptions(REFRESH_OPTIONS, options, 'balance.refresh, options');
}

/** @throws `OpenRouterValidationException` */
export function checkForecastOptions(options: BalanceForecastOptions): Checked<BalanceForecastOptions> {
  return checkCallOptions(FORECAST_OPTIONS, options, 'balance.forecast, options');
}
