import type { SpendScope } from '../../contracts/completion-cost.js';
import type { RuleBook } from '../rules/rule-book.js';
import type { WarnOnce } from './warn-once.js';

/** Logs, once each, what an application may have meant otherwise. */
export class SpendNotes {
  readonly #rules: RuleBook;
  readonly #warn: WarnOnce;

  constructor(rules: RuleBook, warn: WarnOnce) {
    this.#rules = rules;
    this.#warn = warn;
  }

  /** Completions that no rule limits. */
  free(scope: SpendScope | undefined): void {
    if (!this.#rules.isEmpty) {
      const isNobody = scope !== undefined && Object.keys(scope).length === 0;
      this.#warn.say(
        `a completion is sent without a reservation, because no rule applies to its scope${isNobody ? ', `{}`' : ''}. A rule ` +
          'with `by: []` applies to everything.',
      );
    }
  }

  /** A guarded route without a scope, where no rule with names can refuse anything. */
  unscopedRoute(): void {
    if (this.#rules.names.length > 0) {
      this.#warn.say(
        '`@WithinSpendLimits` guards a route without a scope, so that no rule with names can refuse it. Add `@MeterAs` to ' +
          'the route or its controller.',
      );
    }
  }

  /** A question for the usage of a scope to which no rule applies. */
  uncountedUsage(): void {
    this.#warn.say(
      '`spendLimits.usage` was asked for a scope to which no rule applies. A name may be misspelt, or missing. The answer is empty.',
    );
  }

  /** A cost that was recorded in a scope to which no rule applies. */
  uncountedRecord(): void {
    this.#warn.say(
      '`metering.record` was given a scope to which no rule applies. A name may be misspelt, or missing. No limit counts that cost.',
    );
  }

  /** A bill that came after its reservation was released. */
  droppedBill(): void {
    this.#warn.say(
      'a reservation was committed after its release, so its bill counts nowhere. Release only what certainly costs nothing; ' +
        '`spendLimits.adjust` books what was billed nevertheless.',
    );
  }
}
