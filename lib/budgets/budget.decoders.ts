import { isRecord, ownMember } from '../untrusted/is-record.js';
import {
  decodeList,
  optionalBoolean,
  optionalDate,
  optionalString,
  requiredAmount,
  requiredString,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { Budget } from './budget.models.js';

/** Reads the answer of `GET /workspaces/{id}/budgets`. */
export function decodeBudgets(body: unknown): Budget[] {
  return decodeList(body, (item) => toBudget(item, body));
}

/** Reads the answer that has one budget. */
export function decodeBudget(body: unknown): Budget {
  return toBudget(unwrapData(body), body);
}

function toBudget(data: WireRecord, body: unknown): Budget {
  return withoutUndefined({
    id: requiredString(data, 'id'),
    workspaceId: optionalString(data, 'workspace_id'),
    limitUsd: requiredAmount(data, 'limit_usd'),
    interval: intervalOf(data),
    // A setting of the workspace, sent beside its budgets.
    includeByokInBudgets: isRecord(body)
      ? optionalBoolean({ members: body, path: '' }, 'include_byok_in_budgets')
      : undefined,
    createdAt: optionalDate(data, 'created_at'),
    updatedAt: optionalDate(data, 'updated_at'),
  });
}

/** A missing interval is not known; `null` means that there is none. */
function intervalOf(data: WireRecord): string | undefined {
  return ownMember(data.members, 'reset_interval') === null
    ? 'lifetime'
    : optionalString(data, 'reset_interval');
}
