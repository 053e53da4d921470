import { hash } from 'node:crypto';
import { NOBODY, type SpendScope } from '../../contracts/completion-cost.js';
import type { SpendSubject } from '../../contracts/spend-store.js';
import type { ResolvedSpendLimitRule } from '../../options/spend-limits-options.js';
import { spendWindows, type WindowAt } from '../windows/spend-windows.js';

/** Half of a SHA-256 is enough to tell subjects apart, and keeps the keys of stores short. */
const HASH_LENGTH = 32;

/** A rule that applies to a scope. */
export interface AppliedRule {
  readonly rule: ResolvedSpendLimitRule;
  /** Number of the rule among the options. */
  readonly number: number;
  /** The members of the scope that the rule counts by. */
  readonly subject: SpendScope;
  /** See {@link SpendSubject.root}. */
  readonly root: string;
  /** See {@link SpendSubject.key}. */
  readonly key: string;
  readonly windowAt: WindowAt;
}

interface KnownRule {
  readonly rule: ResolvedSpendLimitRule;
  readonly number: number;
  readonly windowAt: WindowAt;
}

/** The rules of an account. */
export class RuleBook {
  /** The narrowest first; those that count by the same names are together. */
  readonly #rules: readonly KnownRule[];
  readonly #hasNames: boolean;

  constructor(rules: readonly ResolvedSpendLimitRule[]) {
    const known = rules.map((rule, number) => ({
      rule,
      number,
      windowAt: spendWindows(rule.period, rule.timeZone),
    }));
    const namesOf = ({ rule }: KnownRule): string => rule.by.join();
    const firstOf = (one: KnownRule): number => known.findIndex((other) => namesOf(other) === namesOf(one));
    this.#rules = known.toSorted(
      (one, other) => other.rule.by.length - one.rule.by.length || firstOf(one) - firstOf(other),
    );
    this.#hasNames = rules.some(({ by }) => by.length > 0);
  }

  /** Whether there is no rule: the store is a ledger alone. */
  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** The rules that apply to a scope: the narrowest first, those of one subject together. */
  applying(scope: SpendScope = NOBODY): readonly AppliedRule[] {
    return this.#rules
      .filter(({ rule }) => appliesTo(rule, scope))
      .map(({ rule, number, windowAt }) => {
        const members = rule.by.map((name) => [name, scope[name] ?? ''] as const);
        return {
          rule,
          number,
          windowAt,
          subject: Object.freeze(Object.fromEntries(members)),
          root: hashOf(members.slice(0, 1)),
          key: hashOf(members),
        };
      });
  }

  /** The names that rules count by, each once. */
  get names(): readonly string[] {
    return [...new Set(this.#rules.flatMap(({ rule }) => rule.by))];
  }

  /**
   * Whether the money that is spent in a scope is attributed to somebody. Where rules have names, one of them has to apply,
   * so that a misspelt name is no way round the limits; `{}` says that it is deliberately nobody's.
   */
  isAttributed(scope: SpendScope | undefined): boolean {
    if (scope === undefined) {
      return false;
    }
    return (
      !this.#hasNames ||
      Object.keys(scope).length === 0 ||
      this.#rules.some(({ rule }) => rule.by.length > 0 && appliesTo(rule, scope))
    );
  }
}

/**
 * The subjects of rules that apply to a scope, with their windows around a moment.
 *
 * @param limits - The limit of each rule in nano-dollars.
 */
export function subjectsOf(
  applied: readonly AppliedRule[],
  limits: readonly (number | null)[],
  at: number,
): readonly SpendSubject[] {
  return grouped(applied).map(({ root, key, members }) => ({
    root,
    key,
    windows: members.map(({ index, windowAt }) => windowAt(at, limits[index] ?? null)),
  }));
}

/** For each subject of {@link subjectsOf}, for each of its windows, the number of the rule in the list. */
export function ruleNumbers(applied: readonly AppliedRule[]): readonly (readonly number[])[] {
  return grouped(applied).map(({ members }) => members.map(({ index }) => index));
}

interface Group {
  readonly root: string;
  readonly key: string;
  readonly members: { readonly index: number; readonly windowAt: WindowAt }[];
}

function grouped(applied: readonly AppliedRule[]): readonly Group[] {
  const groups: Group[] = [];
  for (const [index, { root, key, windowAt }] of applied.entries()) {
    const last = groups.at(-1);
    if (last?.key === key) {
      last.members.push({ index, windowAt });
    } else {
      groups.push({ root, key, members: [{ index, windowAt }] });
    }
  }
  return groups;
}

function appliesTo({ by }: ResolvedSpendLimitRule, scope: SpendScope): boolean {
  return by.every((name) => Object.hasOwn(scope, name));
}

/** With their lengths, so that no value can be mistaken for a longer list; in UTF-16, which keeps every string apart. */
function hashOf(members: readonly (readonly [name: string, value: string])[]): string {
  const text = members
    .flat()
    .map((part) => `${part.length}:${part}`)
    .join('');
  return hash('sha256', Buffer.from(text, 'utf16le')).slice(0, HASH_LENGTH);
}
