import type { RequestOptions } from '../contracts/request-options.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import { attachPipeline, pipelineOf } from '../http/service-pipeline.js';
import { checkArgument } from '../options/check-argument.js';
import { decodeBudget, decodeBudgets } from './budget.decoders.js';
import type { Budget, BudgetInterval } from './budget.models.js';
import { SetBudgetRequest } from './set-budget.request.js';

const PATH = '/workspaces/{workspace}/budgets';
const PATH_OF_ONE = `${PATH}/{interval}`;

/** The budgets of the account's workspaces, which OpenRouter offers to enterprise accounts. */
export class BudgetsService {
  /** @internal */
  constructor(pipeline: HttpPipeline | undefined) {
    attachPipeline(this, pipeline, 'budgets');
  }

  /**
   * The budgets of a workspace. `GET /workspaces/{id}/budgets`; needs a management key.
   *
   * @param workspace - Id or slug of the workspace.
   * @param options - Settings of this one call.
   * @returns Limits in US dollars; none for a workspace without budgets.
   * @throws `OpenRouterValidationException` for an argument that is neither an id nor a slug, before anything is sent;
   * `OpenRouterUnauthorizedException` (401) for a missing, wrong or disabled key;
   * `OpenRouterForbiddenException` (403) for a key that is not a management key;
   * `OpenRouterNotFoundException` (404) for an unknown workspace; `OpenRouterInternalServerException` (500);
   * `OpenRouterApiException` for any other 3XX, 4XX or 5XX; `OpenRouterResponseException` with its path for a budget
   * without an id or a limit; `OpenRouterConnectionException`, `OpenRouterTimeoutException`,
   * `OpenRouterAbortException`.
   */
  list(workspace: string, options?: RequestOptions): Promise<Budget[]> {
    return pipelineOf(this).request(
      {
        operation: 'budgets.list',
        method: 'GET',
        path: PATH,
        parameters: { workspace },
        key: 'management',
        decode: decodeBudgets,
      },
      options,
    );
  }

  /**
   * The budget of a workspace for one interval. `GET /workspaces/{id}/budgets/{interval}`; needs a management key.
   *
   * @param workspace - Id or slug of the workspace.
   * @param interval - `daily`, `weekly`, `monthly` or `lifetime`.
   * @param options - Settings of this one call.
   * @returns The limit in US dollars.
   * @throws What {@link BudgetsService.list} throws; `OpenRouterNotFoundException` (404) also if there is no budget
   * for the interval.
   */
  get(workspace: string, interval: BudgetInterval, options?: RequestOptions): Promise<Budget> {
    return pipelineOf(this).request(
      {
        operation: 'budgets.get',
        method: 'GET',
        path: PATH_OF_ONE,
        parameters: { workspace, interval },
        key: 'management',
        decode: decodeBudget,
      },
      options,
    );
  }

  /**
   * Sets the budget of a workspace for one interval, whether or not there was one.
   * `PUT /workspaces/{id}/budgets/{interval}`; needs a management key.
   *
   * The longer interval must have the higher limit: lifetime above monthly above weekly above daily. OpenRouter checks
   * it against the other budgets of the workspace. Requests that are running when a budget is used up still finish, so
   * that slightly more than the limit may be spent.
   *
   * Retried after temporary failures: setting a budget twice has the same effect as setting it once.
   *
   * @param workspace - Id or slug of the workspace.
   * @param interval - `daily`, `weekly`, `monthly` or `lifetime`.
   * @param request - `limitUsd` in US dollars, above 0; `includeByokInBudgets`.
   * @param options - Settings of this one call.
   * @returns The budget as it is now.
   * @throws What {@link BudgetsService.list} throws; `OpenRouterBadRequestException` (400) with OpenRouter's own words
   * for a limit that breaks the order.
   */
  async set(
    workspace: string,
    interval: BudgetInterval,
    request: SetBudgetRequest,
    options?: RequestOptions,
  ): Promise<Budget> {
    const { limitUsd, includeByokInBudgets } = checkArgument(SetBudgetRequest, request, 'budgets.set');
    return pipelineOf(this).request(
      {
        operation: 'budgets.set',
        method: 'PUT',
        path: PATH_OF_ONE,
        parameters: { workspace, interval },
        key: 'management',
        body: { limit_usd: limitUsd, include_byok_in_budgets: includeByokInBudgets },
        decode: decodeBudget,
      },
      options,
    );
  }

  /**
   * Deletes the budget of a workspace for one interval, which then no longer limits its spend. Does nothing if there is
   * none. `DELETE /workspaces/{id}/budgets/{interval}`; needs a management key.
   *
   * @param workspace - Id or slug of the workspace.
   * @param interval - `daily`, `weekly`, `monthly` or `lifetime`.
   * @param options - Settings of this one call.
   * @throws What {@link BudgetsService.list} throws.
   */
  delete(workspace: string, interval: BudgetInterval, options?: RequestOptions): Promise<void> {
    return pipelineOf(this).request(
      {
        operation: 'budgets.delete',
        method: 'DELETE',
        path: PATH_OF_ONE,
        parameters: { workspace, interval },
        key: 'management',
        decode: () => undefined,
      },
      options,
    );
  }
}
