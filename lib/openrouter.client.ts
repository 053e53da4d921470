import { Account } from './account/account.js';
import type { ActivityService } from './activity/activity.service.js';
import type { ApiKeysService } from './api-keys/api-keys.service.js';
import { BalanceService } from './balance/balance.service.js';
import type { BudgetsService } from './budgets/budgets.service.js';
import type { CreditsService } from './credits/credits.service.js';
import { OpenRouterConfigException } from './errors/client.exceptions.js';
import type { GenerationsService } from './generations/generations.service.js';
import { HttpPipeline } from './http/http-pipeline.js';
import { MeteringService } from './metering/metering.service.js';
import type {
  OpenRouterKey,
  OpenRouterModuleOptions,
  ResolvedOpenRouterOptions,
} from './options/openrouter-options.js';
import { SpendLimitsService } from './spend-limits/spend-limits.service.js';
import { openServices, type OpenRouterServices } from './openrouter.services.js';
import { resolveOptions } from './options/resolve-options.js';
import { HiddenParts } from './secret/hidden-parts.js';

/** An account and its parts as Nest has made them. A test may have replaced some of them. */
export interface OpenRouterClientParts {
  readonly account: Account;
  readonly services: OpenRouterServices;
  readonly balance: BalanceService;
  readonly spendLimits: SpendLimitsService;
  readonly metering: MeteringService;
}

const clientParts = new HiddenParts<{ readonly account: Account }>();

/**
 * An OpenRouter account as one object.
 *
 * In Nest it is injected: by class for the default account, by `@InjectOpenRouterClient(name)` for a named one. The
 * default account's services are the same objects that are injected by their own classes. Without Nest, create it with
 * a key or options.
 *
 * @example Without a Nest application
 * ```ts
 * const client = new OpenRouterClient(process.env.OPENROUTER_MANAGEMENT_KEY!);
 * const { balance } = await client.credits.getCredits();
 * await client.close();
 * ```
 */
export class OpenRouterClient {
  /** The account's credits. */
  readonly credits: CreditsService;
  /** The account's keys. */
  readonly apiKeys: ApiKeysService;
  /** The account's usage by day, model and provider. */
  readonly activity: ActivityService;
  /** The costs of single generations. */
  readonly generations: GenerationsService;
  /** The budgets of the account's workspaces. */
  readonly budgets: BudgetsService;
  /** The account's balance, cached, shared and watched. */
  readonly balance: BalanceService;
  /** How much may be spent for whom. */
  readonly spendLimits: SpendLimitsService;
  /** What each completion has cost. */
  readonly metering: MeteringService;
  /** The options in force: validated, frozen, without keys. */
  readonly options: ResolvedOpenRouterOptions;

  /**
   * @param keyOrOptions - A key of the account, or the options of `OpenRouterModule.forRoot`.
   * @throws `OpenRouterConfigException` that names every wrong option and its fix.
   */
  constructor(keyOrOptions: OpenRouterKey | OpenRouterModuleOptions);
  /** @internal */
  constructor(keyOrOptions: undefined, parts: OpenRouterClientParts);
  constructor(
    keyOrOptions: OpenRouterKey | OpenRouterModuleOptions | undefined,
    parts?: OpenRouterClientParts,
  ) {
    const account = parts?.account ?? openAccount(keyOrOptions);
    clientParts.hide(this, { account });
    const services = parts?.services ?? openServices(new HttpPipeline(account));
    this.credits = services.credits;
    this.apiKeys = services.apiKeys;
    this.activity = services.activity;
    this.generations = services.generations;
    this.budgets = services.budgets;
    this.balance = parts?.balance ?? new BalanceService(account, services);
    this.spendLimits = parts?.spendLimits ?? new SpendLimitsService(account, services.generations);
    this.metering =
      parts?.metering ??
      new MeteringService(account, {
        activity: services.activity,
        generations: services.generations,
        balance: this.balance,
        spendLimits: this.spendLimits,
      });
    this.options = account.options;
    account.attach(this);
  }

  /**
   * Ends calls in flight, sockets and timers; later calls are an `OpenRouterAbortException`. It does so at once, or,
   * while costs of completions are not known yet, once they are, after `metering.shutdownMs` at the latest. In a Nest
   * application the module does this itself at shutdown.
   *
   * @returns A promise that settles once recorded spend has reached `balance.store`, at most 250 milliseconds after
   * that. Close a Redis client after that.
   */
  close(): Promise<void> {
    const { account } = clientParts.of(this);
    return this.metering.isIdle
      ? account.close()
      : this.metering.onModuleDestroy().then(() => account.close());
  }

  /** Closes the client at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function openAccount(keyOrOptions: unknown): Account {
  const settings = resolveOptions(keyOrOptions, 'OpenRouterClient');
  if (settings.options.verifyKeysOnBootstrap) {
    throw new OpenRouterConfigException(
      'OpenRouterClient: `verifyKeysOnBootstrap` works in OpenRouterModule only, where it can stop the boot; leave it out, ' +
        'and call `apiKeys.getCurrent()` where you want to know.',
    );
  }
  return new Account(settings);
}
