import type { RequestOptions } from '../contracts/request-options.js';
import type { HttpPipeline } from '../http/http-pipeline.js';
import type { OpenRouterCall } from '../http/openrouter-call.js';
import { attachPipeline, pipelineOf } from '../http/service-pipeline.js';
import { checkArgument } from '../options/check-argument.js';
import { ownMembers } from '../options/pollution.js';
import { summarizeActivity } from './activity-summary.js';
import { decodeActivity } from './activity.decoder.js';
import type { ActivityItem, ActivitySummary } from './activity.models.js';
import { ActivityQuery, wireDay } from './activity.query.js';

/** The account's usage by day, model and provider. */
export class ActivityService {
  /** @internal */
  constructor(pipeline: HttpPipeline | undefined) {
    attachPipeline(this, pipeline, 'activity');
  }

  /**
   * The activity of the last 30 days that are over, in UTC: one row for each day, model and endpoint.
   * `GET /activity`; needs a management key.
   *
   * Today is not included, and yesterday may be incomplete until half an hour after midnight UTC.
   *
   * @param query - Narrows it to one day, key, member or workspace, or splits it by workspace.
   * @param options - Settings of this one call.
   * @returns All rows, in the order of the answer. Amounts are US dollars; `byokUsageInference` is paid elsewhere and
   * not part of `usage`.
   * @throws `OpenRouterValidationException` for a bad query, before anything is sent;
   * `OpenRouterBadRequestException` (400), such as for a day that is too long ago;
   * `OpenRouterUnauthorizedException` (401) for a missing, wrong or disabled key;
   * `OpenRouterForbiddenException` (403) for a key that is not a management key;
   * `OpenRouterNotFoundException` (404); `OpenRouterInternalServerException` (500); `OpenRouterApiException` for any
   * other 3XX, 4XX or 5XX; `OpenRouterResponseException` with its path, such as `data[17].usage`, for a row without
   * an amount; `OpenRouterConnectionException`, `OpenRouterTimeoutException`, `OpenRouterAbortException`.
   */
  async list(query?: ActivityQuery, options?: RequestOptions): Promise<ActivityItem[]> {
    const checked = checkQuery(query, 'activity.list');
    return pipelineOf(this).request(activityCall('activity.list', checked, decodeActivity), options);
  }

  /**
   * The same activity added up: over all, by day, by model and by provider. `GET /activity`; needs a management key.
   *
   * @param query - As for {@link ActivityService.list}; `groupBy: 'workspace'` adds `byWorkspace`.
   * @param options - Settings of this one call.
   * @returns Amounts in US dollars, summed exactly in decimal and rounded once. Days come in ascending order, the
   * other series with the highest `usage` first; each of them adds up to `totals`.
   * @throws What {@link ActivityService.list} throws.
   */
  async summarize(query?: ActivityQuery, options?: RequestOptions): Promise<ActivitySummary> {
    const checked = checkQuery(query, 'activity.summarize');
    const decode = (body: unknown): ActivitySummary =>
      summarizeActivity(decodeActivity(body), checked.groupBy);
    return pipelineOf(this).request(activityCall('activity.summarize', checked, decode), options);
  }
}

function checkQuery(query: ActivityQuery | undefined, operation: string): ActivityQuery {
  return query === undefined ? ownMembers<ActivityQuery>({}) : checkArgument(ActivityQuery, query, operation);
}

function activityCall<T>(
  operation: string,
  { date, apiKeyHash, userId, workspaceId, groupBy }: ActivityQuery,
  decode: (body: unknown) => T,
): OpenRouterCall<T> {
  return {
    operation,
    method: 'GET',
    path: '/activity',
    query: {
      date: wireDay(date),
      api_key_hash: apiKeyHash,
      user_id: userId,
      workspace_id: workspaceId,
      group_by: groupBy,
    },
    key: 'management',
    decode,
  };
}
