import type { SpendScope } from '../contracts/completion-cost.js';
import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { abortSignal } from '../http/request-options.schema.js';
import { checkCallOptions, type Checked } from '../options/check-options.js';
import { defineOptions, mustBe, type Rule } from '../options/define-options.js';
import { shown } from '../options/shown-value.js';
import { checkScope } from '../options/spend-scope.js';
import { METER_OPTIONS } from './scope/meter-options.schema.js';
import type { RecordedCost } from './completion/recorded-costs.js';
import type { MeterOptions, RecordCostRequest, SettledOptions } from './metering.options.js';

/** Above this amount, a sum in billionths of a dollar would no longer be exact. */
const MAX_USD = 9_000_000;

const shortString: Rule<string> = mustBe(
  'a string of 1 to 200 characters',
  (value) => typeof value === 'string' && value !== '' && value.length <= 200,
);

/** Two ids that differ only in halves of surrogate pairs would be one where they are kept. */
const identifier: Rule<string> = mustBe(
  'a string of 1 to 200 characters without halves of surrogate pairs',
  (value) =>
    typeof value === 'string' && value !== '' && value.length <= 200 && !/\p{Surrogate}/u.test(value),
);

const RECORD_REQUEST = defineOptions<RecordCostRequest>('{ usd: 0.25 }', {
  usd: mustBe<number>(
    `a number of US dollars from 0 to ${MAX_USD}`,
    (value) => typeof value === 'number' && value >= 0 && value <= MAX_USD,
  ),
  id: identifier,
  scope: mustBe<SpendScope>(
    "an object of strings, for example { tenant: 'acme' }",
    (value) => value !== null,
  ),
  model: shortString,
});

const SETTLED_OPTIONS = defineOptions<SettledOptions>('{ signal }', { signal: abortSignal });

/** @throws `OpenRouterValidationException` */
export function checkRecordRequest(
  request: RecordCostRequest,
  ambient: SpendScope | undefined,
): RecordedCost {
  const subject = 'metering.record, request';
  const { usd, id, scope, model } = checkCallOptions(RECORD_REQUEST, request, subject);
  if (usd === undefined) {
    throw new OpenRouterValidationException(subject, [
      { property: 'usd', constraints: { isDefined: '`usd` must be given, in US dollars' } },
    ]);
  }
  return {
    usd,
    id,
    scope: scope === undefined ? ambient : checkScope(scope, 'metering.record, scope'),
    model,
  };
}

/**
 * @param maxHoldUsd - The most that the account holds; `undefined` where it has no spend limits.
 * @throws `OpenRouterValidationException`
 */
export function checkHoldUsd(
  options: MeterOptions,
  maxHoldUsd: number | undefined,
  subject: string,
): number | undefined {
  const { holdUsd } = checkCallOptions(METER_OPTIONS, options, subject);
  if (holdUsd !== undefined && maxHoldUsd !== undefined && holdUsd > maxHoldUsd) {
    throw new OpenRouterValidationException(subject, [
      {
        property: 'holdUsd',
        constraints: {
          max: `\`holdUsd\` must not be above \`spendLimits.maxHoldUsd\`, which is ${maxHoldUsd}; got ${holdUsd}`,
        },
      },
    ]);
  }
  return holdUsd;
}

/** @throws `OpenRouterValidationException` */
export function checkFunction(fn: unknown, subject: string): void {
  if (typeof fn !== 'function') {
    throw new OpenRouterValidationException(subject, [
      {
        property: 'fn',
        constraints: {
          isFunction: `\`fn\` must be a function, for example () => this.answer(question); got ${shown(fn)}`,
        },
      },
    ]);
  }
}

/** @throws `OpenRouterValidationException` */
export function checkSettledOptions(options: SettledOptions): Checked<SettledOptions> {
  return checkCallOptions(SETTLED_OPTIONS, options, 'metering.settled, options');
}
