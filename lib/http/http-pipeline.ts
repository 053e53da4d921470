import { closedException } from '../errors/abort-exception.js';
import type { Account } from '../account/account.js';
import type { RequestOptions } from '../contracts/request-options.js';
import { isOpenRouterException } from '../errors/openrouter.exception.js';
import { ownMembers, withoutPollution } from '../options/pollution.js';
import { Call, type CallResources } from './call.js';
import { unexpectedException } from './call-failure.js';
import { OpenCalls } from './call-scope.js';
import type { OpenRouterCall } from './openrouter-call.js';
import { RetryBudget } from './recovery/retry-budget.js';
import { accountHeaders } from './request-headers.js';
import { checkRequestOptions } from './request-options.schema.js';

/**
 * The only way from this package to OpenRouter: chooses the key, sends, waits, tries again, reads the answer, and
 * turns every failure into an exception that holds no secret.
 */
export class HttpPipeline {
  readonly #resources: CallResources;

  constructor(account: Account) {
    const openCalls = new OpenCalls();
    this.#resources = {
      account,
      headers: accountHeaders(account.headers(), account.options),
      budget: new RetryBudget(),
      openCalls,
    };
    account.onClose(() => openCalls.shutDown());
  }

  /**
   * Performs one operation.
   *
   * @throws Exceptions of this package, and nothing else.
   */
  async request<T>(wanted: OpenRouterCall<T>, options?: RequestOptions): Promise<T> {
    const call = ownMembers(wanted);
    let running: Call<T> | undefined;
    try {
      const checked = checkRequestOptions(options, call.operation);
      if (this.#resources.account.isClosed) {
        throw closedException(call.operation);
      }
      running = withoutPollution(() => new Call(this.#resources, call, checked));
      return await running.run();
    } catch (error) {
      throw running?.exceptionOf(error) ?? this.#exceptionBefore(call.operation, error);
    } finally {
      running?.leave();
    }
  }

  /** The exception for a call that has not begun. */
  #exceptionBefore(operation: string, error: unknown): Error {
    const { keys } = this.#resources.account;
    return isOpenRouterException(error)
      ? error
      : unexpectedException(error, { phase: 'queue', delivery: 'not-sent' }, operation, keys.scrubWith([]));
  }
}
