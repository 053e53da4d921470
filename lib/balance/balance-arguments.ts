import { signalRule } from '../http/request-options.schema.js';
import { checkArgument } from '../options/check-argument.js';
import { integerRule, Obeys, type Rule } from '../options/option-rules.js';
import { isRecord } from '../untrusted/is-record.js';
import type { BalanceForecastOptions, BalanceGetOptions, BalanceRefreshOptions } from './balance.options.js';

const maxAgeRule: Rule = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'must be a number of milliseconds, 0 or more';

class RefreshOptionsSchema implements BalanceRefreshOptions {
  @Obeys(signalRule)
  declare signal?: AbortSignal;
}

class GetOptionsSchema extends RefreshOptionsSchema implements BalanceGetOptions {
  @Obeys(maxAgeRule)
  declare maxAgeMs?: number;
}

class ForecastOptionsSchema extends RefreshOptionsSchema implements BalanceForecastOptions {
  @Obeys(integerRule(1, 30))
  declare days?: number;
}

/** @throws `OpenRouterValidationException` */
export function checkGetOptions(options: BalanceGetOptions): BalanceGetOptions {
  return isPlainlyRight(options) ? options : checkArgument(GetOptionsSchema, options, 'balance.get, options');
}

/** @throws `OpenRouterValidationException` */
export function checkRefreshOptions(options: BalanceRefreshOptions): BalanceRefreshOptions {
  return checkArgument(RefreshOptionsSchema, options, 'balance.refresh, options');
}

/** @throws `OpenRouterValidationException` */
export function checkForecastOptions(options: BalanceForecastOptions): BalanceForecastOptions {
  return checkArgument(ForecastOptionsSchema, options, 'balance.forecast, options');
}

/** What a caller at a high rate hands over, judged without the whole apparatus. */
function isPlainlyRight(options: unknown): boolean {
  return (
    isRecord(options) &&
    Object.entries(options).every(([name, value]) =>
      value === undefined
        ? name === 'maxAgeMs' || name === 'signal'
        : (name === 'maxAgeMs' && maxAgeRule(value, options) === undefined) ||
          (name === 'signal' && signalRule(value, options) === undefined),
    )
  );
}
