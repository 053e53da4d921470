import type { SpendScope } from '../contracts/completion-cost.js';
import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { abortSignal } from '../http/request-options.schema.js';
import { MAX_COUNTED_USD } from '../money/nano-usd.js';
import { checkCallOptions, type Checked } from '../options/check-options.js';
import { defineOptions, mustBe, problemText, type Rule } from '../options/define-options.js';
import { integerFrom } from '../options/option-rules.js';
import type { SpendReserveOptions } from './spend-limits.options.js';

const amount: Rule<number> = mustBe(
  `a number of US dollars from 0 to ${MAX_COUNTED_USD}`,
  (value) => typeof value === 'number' && value >= 0 && value <= MAX_COUNTED_USD,
);

const signedAmount: Rule<number> = mustBe(
  `a number of US dollars within ± ${MAX_COUNTED_USD}`,
  (value) => typeof value === 'number' && Math.abs(value) <= MAX_COUNTED_USD,
);

const identifier: Rule<string> = mustBe(
  'a string of 1 to 200 characters without control characters',
  (value) => typeof value === 'string' && /^\P{Cc}{1,200}$/u.test(value) && value.length <= 200,
);

const RESERVE_OPTIONS = defineOptions<SpendReserveOptions>('{ leaseMs: 60_000 }', {
  id: identifier,
  leaseMs: integerFrom(1_000, 3_600_000),
  signal: abortSignal,
});

/** @throws `OpenRouterValidationException` */
export function checkAmount(usd: unknown, subject: string): void {
  check(amount, 'usd', usd, subject);
}

/** @throws `OpenRouterValidationException` */
export function checkSignedAmount(usd: unknown, subject: string): void {
  check(signedAmount, 'usd', usd, subject);
}

/** @throws `OpenRouterValidationException` */
export function checkIdentifier(name: string, id: unknown, subject: string): void {
  check(identifier, name, id, subject);
}

/** @throws `OpenRouterValidationException` */
export function checkReserveOptions(options: SpendReserveOptions): Checked<SpendReserveOptions> {
  return checkCallOptions(RESERVE_OPTIONS, options, 'spendLimits.reserve, options');
}

/** Why nothing counts in a scope, although it has names: one of them may be misspelt. */
export function uncountedException(
  subject: string,
  scope: SpendScope,
  ruleNames: readonly string[],
  fix: string,
): OpenRouterValidationException {
  const listed = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  return new OpenRouterValidationException(subject, [
    {
      property: 'scope',
      constraints: {
        isCounted:
          `no rule of \`spendLimits\` counts by the names of the scope, ${listed(Object.keys(scope))}; rules count by ` +
          `${listed(ruleNames)}; ${fix}`,
      },
    },
  ]);
}

function check(rule: Rule, property: string, value: unknown, subject: string): void {
  const problem = rule(value, {});
  if (problem !== undefined) {
    throw new OpenRouterValidationException(subject, [
      { property, constraints: { rule: `\`${property}\` ${problemText(problem)}` } },
    ]);
  }
}
