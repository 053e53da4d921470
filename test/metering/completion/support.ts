import { Account } from '../../../lib/account/account.js';
import { BalanceService } from '../../../lib/balance/balance.service.js';
import type { CompletionCost } from '../../../lib/contracts/completion-cost.js';
import { HttpPipeline } from '../../../lib/http/http-pipeline.js';
import { NOTHING_STATED } from '../../../lib/metering/completion/completion-state.js';
import { Completions, type CompletionsParts } from '../../../lib/metering/completion/completions.js';
import type {
  CompletionAnswer,
  CompletionRequest,
  CompletionUsage,
  OpenCompletion,
} from '../../../lib/metering/completion/open-completion.js';
import { openServices } from '../../../lib/openrouter.services.js';
import type { OpenRouterModuleOptions } from '../../../lib/options/openrouter-options.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { API_KEY, endLater } from '../../support/servers.js';

/** Completions of an account whose API is at a URL, with a short ladder; closed by `cleanUp`. */
export function openCompletions(
  baseUrl: string,
  {
    account: accountOptions = {},
    options = {},
    ...others
  }: {
    readonly account?: OpenRouterModuleOptions;
    readonly options?: Partial<CompletionsParts['options']>;
  } & Partial<Pick<CompletionsParts, 'balance' | 'isOfOtherAccount'>> = {},
): Meter {
  const account = new Account(resolveOptions({ apiKey: API_KEY, baseUrl, ...accountOptions }, 'test'));
  const services = openServices(new HttpPipeline(account));
  const balance = new BalanceService(account, services);
  const completions = new Completions({
    account,
    generations: services.generations,
    balance,
    options: {
      byok: 'fee',
      onUnattributed: 'allow',
      shutdownMs: 5_000,
      lookupDelaysMs: [1, 2, 4],
      ...options,
    },
    ...others,
  });
  endLater(() => account.close());
  const costs: CompletionCost[] = [];
  let isComplete = false;
  completions.costs$.subscribe({
    next: (cost) => costs.push(cost),
    complete: () => {
      isComplete = true;
    },
  });
  return {
    account,
    balance,
    completions,
    costs,
    get isComplete() {
      return isComplete;
    },
    open: (given) => {
      const opened = completions.open(request(given));
      if (!('answered' in opened)) {
        throw new Error('The completion was refused.');
      }
      return opened;
    },
  };
}

/** Completions, and the costs that they have announced. */
export interface Meter {
  readonly account: Account;
  readonly balance: BalanceService;
  readonly completions: Completions;
  readonly costs: readonly CompletionCost[];
  /** Whether no more costs follow. */
  readonly isComplete: boolean;
  readonly open: (given?: Partial<CompletionRequest>) => OpenCompletion;
}

/** A request for a stream. */
export function request(given: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    path: '/chat/completions',
    model: 'openai/gpt-5-mini',
    maxTokens: undefined,
    isStream: true,
    keyHash: undefined,
    scope: undefined,
    holdUsd: undefined,
    ...given,
  };
}

/** The start of a good answer without a generation id. */
export function answer(given: Partial<CompletionAnswer> = {}): CompletionAnswer {
  return { status: 200, generationId: undefined, isCacheHit: false, isStream: true, ...given };
}

/** A statement of nothing but what is given. */
export function usage(given: Partial<CompletionUsage> = {}): CompletionUsage {
  return { ...NOTHING_STATED, ...given };
}

/** The answer of `GET /generation`. */
export function generationBody(given: object = {}): object {
  return { data: { id: 'gen-1', total_cost: 0.25, usage: 0.25, ...given } };
}
