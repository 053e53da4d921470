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
  'a string of 1 to 200 characters without control characters or halves of surrogate pairs',
  (value) => typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(value) && value.length <= 200,
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

/** Names as a sentence has them. */
export function quotedNames(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/** Why nothing counts in a scope: one of its names may be misspelt, or missing. */
export function uncountedException(
  subject: string,
  scope: SpendScope,
  ruleNames: readonly string[],
  fix: string,
): OpenRouterValidationException {
  const names = Object.keys(scope);
  const nobody = '`{}` has no names, and no rule of `spendLimits` has `by: []`';
  return new OpenRouterValidationException(subject, [
    {
      property: 'scope',
      constraints: {
        isCounted:
          (names.length === 0
            ? nobody
            : `no rule of \`spendLimits\` counts by the names of the scope, ${quotedNames(names)}`) +
          `; rules count by ${quotedNames(ruleNames)}; ${fix}`,
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
