import type { Account } from '../account/account.js';
import { type ActivityRow, groupRows } from '../account/activity.js';
import { permaslugOf } from '../account/models.js';
import { dayOf, formatDay } from '../account/periods.js';
import { toUsd } from '../account/usd.js';
import { type SandboxCall, type SandboxReply, type SandboxRoute, invalid, refusal } from './route.js';
import { NAME, UUID, oneOf, queryProblem } from './rules.js';

/** The number of completed UTC days that the API shows. Today is not included. */
const DAYS = 30;

export function activityRoutes({ activity, keys, workspaces }: Account): SandboxRoute[] {
  const list = ({ query }: SandboxCall): SandboxReply => {
    const today = dayOf(new Date());
    const problem = queryProblem(query, {
      date: {
        accepts: (value) =>
          Array.from({ length: DAYS }, (_, index) => formatDay(today - 1 - index)).includes(String(value)),
        must: `one of the last ${DAYS} completed UTC days (YYYY-MM-DD)`,
      },
      api_key_hash: {
        accepts: (value) => /^[0-9a-f]{64}$/i.test(String(value)),
        must: 'a SHA-256 hash in hex',
      },
      user_id: NAME,
      workspace_id: UUID,
      group_by: oneOf('workspace'),
    });
    if (problem !== undefined) return invalid(problem);

    const date = query.get('date');
    const userId = query.get('user_id');
    const hash = query.get('api_key_hash')?.toLowerCase();
    const workspaceId = query.get('workspace_id')?.toLowerCase();
    if (hash !== undefined && keys.byHash(hash) === undefined) return refusal(404);
    if (workspaceId !== undefined && workspaces.find(workspaceId) === undefined) return refusal(404);

    const found = [...activity.rows()].filter(
      ({ day, key }) =>
        day >= today - DAYS &&
        day < today &&
        (date === null || formatDay(day) === date) &&
        (userId === null || key.creatorUserId === userId) &&
        (hash === undefined || key.hash === hash) &&
        (workspaceId === undefined || key.workspaceId === workspaceId),
    );
    const byWorkspace = query.get('group_by') === 'workspace';
    const data = groupRows(found, ({ day, endpointId, key }) =>
      [day, endpointId, byWorkspace ? key.workspaceId : ''].join(),
    )
      .sort((a, b) => b.day - a.day)
      .map((row) => activityBody(row, byWorkspace));
    return { status: 200, json: { data } };
  };

  return [{ method: 'GET', path: '/activity', access: 'management-key', handle: list }];
}

function activityBody(row: ActivityRow, withWorkspace: boolean): object {
  return {
    date: formatDay(row.day),
    model: row.model,
    model_permaslug: permaslugOf(row.model),
    endpoint_id: row.endpointId,
    provider_name: row.provider,
    usage: toUsd(row.usage),
    byok_usage_inference: toUsd(row.byokUsage),
    requests: row.requests,
    prompt_tokens: row.promptTokens,
    completion_tokens: row.completionTokens,
    reasoning_tokens: row.reasoningTokens,
    ...(withWorkspace ? { workspace_id: row.key.workspaceId } : {}),
  };
}
