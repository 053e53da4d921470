import type { BalanceAlert } from '../contracts/balance-snapshot.models.js';
import type { CompletionCost } from '../contracts/completion-cost.js';
import type {
  OpenRouterAttachedClient,
  OpenRouterAttempt,
  OpenRouterInstrumentation,
} from '../contracts/instrumentation.js';
import type { SpendAlert, SpendStoreAlert, SpendUsage } from '../contracts/spend-usage.js';
import type { AccountSettings } from '../options/resolve-options.js';

/** Calls the hooks of an account's instrumentations, and keeps their errors away from the account's calls. */
export class InstrumentationHooks {
  /** The members of an `OpenRouterAttempt` that all attempts of the account have in common. */
  readonly account: Pick<OpenRouterAttempt, 'account' | 'serverAddress' | 'serverPort'>;

  readonly #instrumentations: readonly OpenRouterInstrumentation[];

  constructor({ instrumentations, account, options }: AccountSettings) {
    const { hostname, port, protocol } = new URL(options.baseUrl);
    this.#instrumentations = instrumentations;
    this.account = {
      account,
      serverAddress: hostname,
      serverPort: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    };
  }

  get isEmpty(): boolean {
    return this.#instrumentations.length === 0;
  }

  /** Hands the account's client to the instrumentations. */
  attach(client: OpenRouterAttachedClient): void {
    const { account } = this.account;
    this.each((hooks) => hooks.onAttach?.(client, account));
  }

  /** Reports what this process has noticed about the account's money. */
  alert(alert: BalanceAlert): void {
    const { account } = this.account;
    this.each((hooks) => hooks.onAlert?.(alert, account));
  }

  /** Whether an instrumentation wants to know the costs of completions. */
  get wantsCosts(): boolean {
    return this.#instrumentations.some((hooks) => hooks.onCost !== undefined);
  }

  /** Reports what a completion has cost. */
  cost(cost: CompletionCost): void {
    const { account } = this.account;
    this.each((hooks) => hooks.onCost?.(cost, account));
  }

  /** Reports that a rule of the spend limits has refused a completion. */
  refusal(usage: SpendUsage): void {
    const { account } = this.account;
    this.each((hooks) => hooks.onRefusal?.(usage, account));
  }

  /** Reports that what is spent has reached a fraction of a limit. */
  spendAlert(alert: SpendAlert): void {
    const { account } = this.account;
    this.each((hooks) => hooks.onSpendAlert?.(alert, account));
  }

  /** Reports what this process has noticed about the store of the spend limits. */
  spendStoreAlert(alert: SpendStoreAlert): void {
    const { account } = this.account;
    this.each((hooks) => hooks.onSpendStoreAlert?.(alert, account));
  }

  /** Calls a hook of every instrumentation. */
  each(call: (hooks: OpenRouterInstrumentation) => unknown): void {
    for (const instrumentation of this.#instrumentations) {
      try {
        // The rejection of a hook that is async against its type must not end the process.
        Promise.resolve(call(instrumentation)).catch(ignore);
      } catch {
        // A hook that throws never fails a call.
      }
    }
  }

  /** Runs an attempt inside every `wrap`, the first instrumentation outermost. What the wraps return is ignored. */
  wrap<T>(attempt: OpenRouterAttempt, start: () => Promise<T>): void {
    const outermost = this.#instrumentations.reduceRight<() => Promise<T>>(
      (next, instrumentation) => () => wrapSafely(instrumentation, attempt, next),
      start,
    );
    outermost().catch(ignore);
  }
}

function wrapSafely<T>(
  instrumentation: OpenRouterInstrumentation,
  attempt: OpenRouterAttempt,
  next: () => Promise<T>,
): Promise<T> {
  try {
    return Promise.resolve(instrumentation.wrap?.(attempt, next) ?? next());
  } catch {
    return next();
  }
}

function ignore(): void {
  // The caller gets the outcome of the attempt itself.
}
