import { OpenRouterResponseException } from '../errors/client.exceptions.js';
import { SecretString } from '../secret/secret-string.js';
import { isRecord, ownMember } from '../untrusted/is-record.js';
import {
  decodeList,
  nullableAmount,
  optionalBoolean,
  optionalDate,
  optionalNumber,
  optionalRecord,
  optionalString,
  orNull,
  requiredAmount,
  requiredString,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { ApiKey, CreatedApiKey, CurrentApiKey } from './api-keys.models.js';
import { decodeKeyBudget, decodeKeyBudgets } from './key-budget.decoder.js';

/**
 * Reads the answer of `GET /key`, which has neither a hash nor a name. Only what is left of the limit is required: it
 * decides what can be spent. The other amounts are for information, and some servers leave some of them out.
 */
export function decodeCurrentApiKey(body: unknown): CurrentApiKey {
  const data = unwrapData(body);
  const free = optionalRecord(data, 'free_model_daily_requests');
  return withoutUndefined({
    ...decodeDetails(data, optionalNumber),
    limit: orNull(data, 'limit', optionalNumber),
    limitRemaining: remainingOf(data),
    isFreeTier: optionalBoolean(data, 'is_free_tier'),
    isManagementKey: isManagementKey(data),
    organizationId: orNull(data, 'organization_id', optionalString),
    workspaceId: orNull(data, 'workspace_id', optionalString),
    freeModelDailyRequests:
      free &&
      withoutUndefined({
        limit: optionalNumber(free, 'limit'),
        remaining: optionalNumber(free, 'remaining'),
        used: optionalNumber(free, 'used'),
      }),
    allowedDataRegions: optionalStrings(data, 'allowed_data_regions'),
    budgets: decodeKeyBudgets(data, 'budgets'),
    effectiveBudget: decodeKeyBudget(data, 'effective_budget'),
    rateLimit: optionalRecord(data, 'rate_limit')?.members,
  });
}

/** Reads from the answer of `GET /key` only whether it is a management key. */
export function decodeKeyKind(body: unknown): boolean | undefined {
  return isManagementKey(unwrapData(body));
}

/** Reads the answer of an operation on one key. */
export function decodeApiKey(body: unknown): ApiKey {
  return readApiKey(unwrapData(body));
}

/** Reads one page of `GET /keys`. */
export function decodeApiKeys(body: unknown): ApiKey[] {
  return decodeList(body, readApiKey);
}

/** Reads the answer of `POST /keys`, the only one that holds the key itself. */
export function decodeCreatedApiKey(body: unknown): CreatedApiKey {
  try {
    return { apiKey: decodeApiKey(body), secret: new SecretString(keyStringOf(body)) };
  } catch (error) {
    throw error instanceof OpenRouterResponseException ? withAdvice(error) : error;
  }
}

/** Reads the answer of `DELETE /keys/{hash}`. There is none if an earlier attempt has deleted the key. */
export function decodeDeletion(body: unknown): void {
  const deleted = isRecord(body) ? ownMember(body, 'deleted') : undefined;
  if (deleted !== undefined && deleted !== true) {
    throw new OpenRouterResponseException({
      message: "OpenRouter's answer does not confirm that the key is deleted: `deleted` is not true.",
      delivery: 'applied',
      path: 'deleted',
    });
  }
}

function readApiKey(data: WireRecord): ApiKey {
  return withoutUndefined({
    hash: requiredString(data, 'hash'),
    name: optionalString(data, 'name'),
    limit: nullableAmount(data, 'limit'),
    limitRemaining: nullableAmount(data, 'limit_remaining'),
    ...decodeDetails(data, requiredAmount),
    disabled: optionalBoolean(data, 'disabled'),
    createdAt: optionalDate(data, 'created_at'),
    updatedAt: orNull(data, 'updated_at', optionalDate),
    workspaceId: optionalString(data, 'workspace_id'),
    externalUser: orNull(data, 'external_user', optionalString),
  });
}

/** @param amount - Reads an amount, which may be required or optional. */
function decodeDetails<T extends number | undefined>(
  data: WireRecord,
  amount: (record: WireRecord, name: string) => T,
) {
  return withoutUndefined({
    label: optionalString(data, 'label'),
    limitReset: orNull(data, 'limit_reset', optionalString),
    includeByokInLimit: optionalBoolean(data, 'include_byok_in_limit'),
    usage: amount(data, 'usage'),
    usageDaily: amount(data, 'usage_daily'),
    usageWeekly: amount(data, 'usage_weekly'),
    usageMonthly: amount(data, 'usage_monthly'),
    byokUsage: amount(data, 'byok_usage'),
    byokUsageDaily: amount(data, 'byok_usage_daily'),
    byokUsageWeekly: amount(data, 'byok_usage_weekly'),
    byokUsageMonthly: amount(data, 'byok_usage_monthly'),
    creatorUserId: orNull(data, 'creator_user_id', optionalString),
    expiresAt: orNull(data, 'expires_at', optionalDate),
  });
}

/** A key without a limit has nothing left of it, even if the answer does not say so. */
function remainingOf(data: WireRecord): number | null {
  const isUntold = ownMember(data.members, 'limit_remaining') === undefined;
  return isUntold && ownMember(data.members, 'limit') === null
    ? null
    : nullableAmount(data, 'limit_remaining');
}

/** Older servers know only the former name. */
function isManagementKey(data: WireRecord): boolean | undefined {
  return optionalBoolean(data, 'is_management_key') ?? optionalBoolean(data, 'is_provisioning_key');
}

/** The key is beside `data`, although OpenRouter's own guide reads it from inside. */
function keyStringOf(body: unknown): string {
  const answer: WireRecord = { members: isRecord(body) ? body : {}, path: '' };
  const inner = optionalRecord(answer, 'data');
  const isInside = ownMember(answer.members, 'key') === undefined && inner !== undefined;
  return requiredString(isInside && ownMember(inner.members, 'key') !== undefined ? inner : answer, 'key');
}

/** The same failure, with advice on the key whose secret is lost. */
function withAdvice({ message, delivery, path }: OpenRouterResponseException): OpenRouterResponseException {
  return new OpenRouterResponseException({
    message: `${message} The key has been made, but its secret is lost: find it by its name, delete it, and make another one.`,
    delivery,
    path,
  });
}

function optionalStrings(record: WireRecord, name: string): string[] | undefined {
  const value = ownMember(record.members, name);
  return Array.isArray(value)
    ? value.filter((text: unknown): text is string => typeof text === 'string')
    : undefined;
}
