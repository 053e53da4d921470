import type { SpendPeriod } from '../contracts/spend-period.js';
import type { SpendStore } from '../contracts/spend-store.js';
import { MAX_COUNTED_USD } from '../money/nano-usd.js';
import { isRecord } from '../untrusted/is-record.js';
import { isThenable } from '../untrusted/is-thenable.js';
import { defineOptions, listOf, mustBe, type Rule } from './define-options.js';
import { DEFAULT_SPEND_LIMITS } from './option-defaults.js';
import { integerFrom, trueOrFalse } from './option-rules.js';
import { ruleName } from './resolve-spend-limits.js';
import { scopeNames } from './spend-scope.js';
import type {
  SpendLimitRule,
  SpendLimitsOptions,
  SpendLimitUsd,
  SpendStoreFailure,
} from './spend-limits-options.js';

const MAX_RULES = 32;
const MAX_ROLLING_HOURS = 8_784;
const MAX_FRACTIONS = 10;
const CALENDAR_PERIODS: readonly unknown[] = ['day', 'week', 'month'];

const STORE_METHODS = [
  'reserve',
  'attach',
  'extend',
  'commit',
  'release',
  'cancel',
  'giveUp',
  'adjust',
  'usage',
  'claim',
  'claimWarning',
  'restore',
  'learn',
  'learned',
] as const satisfies readonly (keyof SpendStore)[];

const spendStore: Rule<SpendStore> = (value) => {
  if (isThenable(value)) {
    return 'must be a SpendStore; got a promise; await it first';
  }
  const missing = isRecord(value)
    ? STORE_METHODS.find((name) => typeof value[name] !== 'function')
    : STORE_METHODS[0];
  return missing === undefined ? undefined : `must be a SpendStore; it has no method \`${missing}\``;
};

const name: Rule<string> = mustBe(
  'a string of 1 to 100 characters without control characters or halves of surrogate pairs',
  (value) => typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,100}$/u.test(value),
);

const names = scopeNames();

const by: Rule<string | readonly string[]> = (value, siblings) =>
  names(typeof value === 'string' ? [value] : value, siblings);

const limit: Rule<SpendLimitUsd> = mustBe(
  `a number of US dollars from 0 to ${MAX_COUNTED_USD}, null for no limit, or a function that returns one of these`,
  (value) => value === null || typeof value === 'function' || isUsd(value),
);

const period: Rule<SpendPeriod> = mustBe(
  `'day', 'week', 'month', 'total', or { rollingHours } with a whole number from 1 to ${MAX_ROLLING_HOURS}`,
  (value) =>
    value === 'total' ||
    CALENDAR_PERIODS.includes(value) ||
    (isRecord(value) &&
      Object.keys(value).length === 1 &&
      Number.isInteger(value['rollingHours']) &&
      (value['rollingHours'] as number) >= 1 &&
      (value['rollingHours'] as number) <= MAX_ROLLING_HOURS),
);

const timeZone: Rule<string> = (value, siblings) => {
  if (typeof value !== 'string' || !isTimeZone(value)) {
    return { mustBe: "an IANA time zone, for example 'Europe/Berlin'" };
  }
  const given: unknown = Reflect.get(siblings, 'period');
  return given === undefined || CALENDAR_PERIODS.includes(given)
    ? undefined
    : 'has no effect on this period; leave it out';
};

const fractions: Rule<readonly number[]> = mustBe(
  `a list of up to ${MAX_FRACTIONS} numbers above 0 and up to 1, ascending, for example [0.8, 1]`,
  (value) =>
    Array.isArray(value) &&
    value.length <= MAX_FRACTIONS &&
    value.every(
      (each, index) =>
        typeof each === 'number' && each > 0 && each <= 1 && (index === 0 || each > Number(value[index - 1])),
    ),
);

const RULE_OPTIONS = defineOptions<SpendLimitRule>("{ by: 'tenant', usd: 10, period: 'day' }", {
  name,
  by,
  usd: limit,
  period,
  timeZone,
  warnAt: fractions,
});

const holdUsd: Rule<NonNullable<SpendLimitsOptions['holdUsd']>> = (value, siblings) => {
  if (typeof value !== 'function' && !isUsd(value)) {
    return { mustBe: `a number of US dollars, 0 or more, or a function` };
  }
  const most: unknown = Reflect.get(siblings, 'maxHoldUsd') ?? DEFAULT_SPEND_LIMITS.maxHoldUsd;
  return typeof value === 'number' && typeof most === 'number' && value > most
    ? `must not be above \`maxHoldUsd\`, which is ${most}`
    : undefined;
};

const onStoreFailure: Rule<SpendStoreFailure> = mustBe(
  "'refuse', 'allow' or { allowUsd } with a number of US dollars, 0 or more",
  (value) =>
    value === 'refuse' ||
    value === 'allow' ||
    (isRecord(value) && Object.keys(value).length === 1 && isUsd(value['allowUsd'])),
);

export const SPEND_LIMITS_OPTIONS = defineOptions<SpendLimitsOptions>(
  "{ rules: [{ by: 'tenant', usd: 10, period: 'day' }] }",
  {
    rules: listOf(RULE_OPTIONS, {
      max: MAX_RULES,
      emptyProblem: (siblings) =>
        Reflect.get(siblings, 'store') === undefined
          ? 'without any limit, set `store` to keep a ledger, or leave out `spendLimits`'
          : undefined,
      required: ['by', 'usd', 'period'],
      problemOf: sameAsBefore,
    }),
    store: spendStore,
    holdUsd,
    maxHoldUsd: mustBe('a number of US dollars above 0', (value) => isUsd(value) && value !== 0),
    learnHolds: trueOrFalse,
    leaseMs: integerFrom(1_000, 3_600_000),
    onStoreFailure,
  },
);

/** Two rules that count the same, or have the same name, could not be told apart. */
function sameAsBefore(rule: SpendLimitRule, before: readonly SpendLimitRule[]): string | undefined {
  const counted = countedBy(rule);
  if (before.some((other) => countedBy(other) === counted)) {
    return 'counts the same as a rule before it; keep the one with the lower limit';
  }
  return before.some((other) => ruleName(other) === ruleName(rule))
    ? `has the same name as a rule before it, '${ruleName(rule)}'; give it another \`name\``
    : undefined;
}

function countedBy({ by: of, period: over, timeZone: zone = DEFAULT_TIME_ZONE }: SpendLimitRule): string {
  return JSON.stringify([[of].flat().toSorted(), over, zone]);
}

const DEFAULT_TIME_ZONE = 'UTC';

function isUsd(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= MAX_COUNTED_USD;
}

/** Offsets such as `+01:00` are refused, since they have no daylight saving time. */
function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
