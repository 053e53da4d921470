import { LATE, within } from '../../async/bounded-waits.js';
import type { Clock } from '../../async/clock.js';
import { MAX_COUNTED_USD, toNanoUsd } from '../../money/nano-usd.js';
import type { AppliedRule } from './rule-book.js';

/** How long a value counts before the function is asked again, and how long it counts while the function fails. */
const FRESH_MS = 60_000;
const KEPT_MS = 600_000;

/** How long a function that has failed is left alone: without that, one that hangs would delay every completion. */
const PAUSE_MS = 5_000;

/** How long a function is waited for. */
const BOUND_MS = 2_000;

/** The maximum number of subjects whose values are kept. */
const MAX_KEPT = 10_000;

/** What a function has said for one subject. */
interface Memory {
  value?: { readonly nanoUsd: number | null; readonly at: number };
  failedAt?: number;
  flight?: Promise<number | null | undefined>;
}

/** The limits of rules, in nano-dollars. Functions are asked once a minute for each subject. */
export class LimitValues {
  readonly #clock: Clock;
  readonly #onFault: (rule: string, fault: string) => void;
  /** The least recently used first. */
  readonly #memories = new Map<string, Memory>();

  /** @param onFault - Called when a function fails: with the name of its rule, and what went wrong. */
  constructor(clock: Clock, onFault: (rule: string, fault: string) => void) {
    this.#clock = clock;
    this.#onFault = onFault;
  }

  /** The limits of rules; `undefined` if one of them cannot be learned. */
  of(
    applied: readonly AppliedRule[],
  ): readonly (number | null)[] | Promise<readonly (number | null)[] | undefined> {
    const limits = applied.map((one) => this.#limitOf(one));
    return limits.every((limit) => limit === null || typeof limit === 'number')
      ? limits
      : Promise.all(limits.map((limit) => Promise.resolve(limit))).then((known) =>
          known.every((limit) => limit !== undefined) ? known : undefined,
        );
  }

  /** Forgets what functions have said, of some rules or of all. */
  forget(applied?: readonly AppliedRule[]): void {
    if (applied === undefined) {
      this.#memories.clear();
    }
    for (const one of applied ?? []) {
      this.#memories.delete(nameOf(one));
    }
  }

  #limitOf(applied: AppliedRule): number | null | Promise<number | null | undefined> {
    const { usd } = applied.rule;
    if (typeof usd !== 'function') {
      return usd === null ? null : toNanoUsd(usd);
    }
    const memory = this.#recall(nameOf(applied));
    const { value } = memory;
    const now = this.#clock.now();
    const hasJustFailed = memory.failedAt !== undefined && now - memory.failedAt < PAUSE_MS;
    if (value !== undefined && now - value.at < (hasJustFailed ? KEPT_MS : FRESH_MS)) {
      return value.nanoUsd;
    }
    memory.flight ??= this.#ask(applied, memory).finally(() => delete memory.flight);
    return memory.flight;
  }

  async #ask({ rule, subject }: AppliedRule, memory: Memory): Promise<number | null | undefined> {
    const { usd } = rule;
    try {
      const answer = await within(typeof usd === 'function' ? callOf(usd, subject) : usd, BOUND_MS);
      if (answer === null || isLimit(answer)) {
        const nanoUsd = answer === null ? null : toNanoUsd(answer);
        memory.value = { nanoUsd, at: this.#clock.now() };
        delete memory.failedAt;
        return nanoUsd;
      }
      this.#onFault(
        rule.name,
        answer === LATE
          ? `did not return within ${BOUND_MS} ms`
          : 'returned no limit, which is a number from 0 to 9 000 000, or `null` for none',
      );
    } catch {
      // Whatever it throws may contain anything, so it is not repeated.
      this.#onFault(rule.name, 'threw an error');
    }
    memory.failedAt = this.#clock.now();
    const { value } = memory;
    return value !== undefined && this.#clock.now() - value.at < KEPT_MS ? value.nanoUsd : undefined;
  }

  #recall(name: string): Memory {
    const memory = this.#memories.get(name) ?? {};
    this.#memories.delete(name);
    this.#memories.set(name, memory);
    for (const oldest of this.#memories.keys()) {
      if (this.#memories.size <= MAX_KEPT) {
        break;
      }
      this.#memories.delete(oldest);
    }
    return memory;
  }
}

/** A function may throw at once. */
async function callOf<Scope>(
  limit: (scope: Scope) => number | null | Promise<number | null>,
  scope: Scope,
): Promise<number | null> {
  return limit(scope);
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_COUNTED_USD;
}

function nameOf({ number, key }: AppliedRule): string {
  return `${number}/${key}`;
}
