import { OpenRouterResponseException } from '../errors/client.exceptions.js';
import { SecretString } from '../secret/secret-string.js';
import {
  decodeList,
  isJsonObject,
  nullableAmount,
  optionalBoolean,
  optionalDate,
  optionalNumber,
  optionalRecord,
  optionalText,
  ownMember,
  requiredAmount,
  requiredText,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../wire/wire-record.js';
import type { ApiKey, CreatedApiKey, CurrentApiKey } from './api-keys.models.js';

/** Reads the answer of `GET /key`, which has neither a hash nor a name. */
export function decodeCurrentApiKey(body: unknown): CurrentApiKey {
  const data = unwrapData(body);
  const free = optionalRecord(data, 'free_model_daily_requests');
  return withoutUndefined({
    ...decodeDetails(data),
    isFreeTier: optionalBoolean(data, 'is_free_tier'),
    isManagementKey: isManagementKey(data),
    organizationId: orNull(data, 'organization_id', optionalText),
    workspaceId: orNull(data, 'workspace_id', optionalText),
    freeModelDailyRequests:
      free &&
      withoutUndefined({
        limit: optionalNumber(free, 'limit'),
        remaining: optionalNumber(free, 'remaining'),
        used: optionalNumber(free, 'used'),
      }),
    allowedDataRegions: optionalTexts(data, 'allowed_data_regions'),
    effectiveBudget: ownMember(data.members, 'effective_budget'),
    rateLimit: optionalRecord(data, 'rate_limit')?.members,
  });
}

/** Reads of the answer of `GET /key` only whether it is a management key. */
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
    return { apiKey: decodeApiKey(body), secret: new SecretString(textOfKey(body)) };
  } catch (error) {
    throw error instanceof OpenRouterResponseException ? withAdvice(error) : error;
  }
}

/** Reads the answer of `DELETE /keys/{hash}`. There is none where an earlier attempt has deleted the key. */
export function decodeDeletion(body: unknown): void {
  const deleted = isJsonObject(body) ? ownMember(body, 'deleted') : undefined;
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
    hash: requiredText(data, 'hash'),
    name: optionalText(data, 'name'),
    ...decodeDetails(data),
    disabled: optionalBoolean(data, 'disabled'),
    createdAt: optionalDate(data, 'created_at'),
    updatedAt: orNull(data, 'updated_at', optionalDate),
    workspaceId: optionalText(data, 'workspace_id'),
    externalUser: orNull(data, 'external_user', optionalText),
  });
}

function decodeDetails(data: WireRecord) {
  return withoutUndefined({
    label: optionalText(data, 'label'),
    limit: nullableAmount(data, 'limit'),
    limitRemaining: nullableAmount(data, 'limit_remaining'),
    limitReset: orNull(data, 'limit_reset', optionalText),
    includeByokInLimit: optionalBoolean(data, 'include_byok_in_limit'),
    usage: requiredAmount(data, 'usage'),
    usageDaily: requiredAmount(data, 'usage_daily'),
    usageWeekly: requiredAmount(data, 'usage_weekly'),
    usageMonthly: requiredAmount(data, 'usage_monthly'),
    byokUsage: requiredAmount(data, 'byok_usage'),
    byokUsageDaily: requiredAmount(data, 'byok_usage_daily'),
    byokUsageWeekly: requiredAmount(data, 'byok_usage_weekly'),
    byokUsageMonthly: requiredAmount(data, 'byok_usage_monthly'),
    creatorUserId: orNull(data, 'creator_user_id', optionalText),
    expiresAt: orNull(data, 'expires_at', optionalDate),
  });
}

/** Older servers know the kind by its former name alone. */
function isManagementKey(data: WireRecord): boolean | undefined {
  return optionalBoolean(data, 'is_management_key') ?? optionalBoolean(data, 'is_provisioning_key');
}

/** The key stands beside `data`, although a recipe in OpenRouter's guides reads it from within. */
function textOfKey(body: unknown): string {
  const answer: WireRecord = { members: isJsonObject(body) ? body : {}, path: '' };
  const inner = optionalRecord(answer, 'data');
  const isInside = ownMember(answer.members, 'key') === undefined && inner !== undefined;
  return requiredText(isInside && ownMember(inner.members, 'key') !== undefined ? inner : answer, 'key');
}

/** The same failure, with what to do about a key whose text nobody has. */
function withAdvice({ message, delivery, path }: OpenRouterResponseException): OpenRouterResponseException {
  return new OpenRouterResponseException({
    message: `${message} The key has been made, but its secret is lost: find it by its name, delete it, and make another one.`,
    delivery,
    path,
  });
}

/** `null` says that there is none, which is more than saying nothing. */
function orNull<T>(
  record: WireRecord,
  name: string,
  read: (record: WireRecord, name: string) => T,
): T | null {
  return ownMember(record.members, name) === null ? null : read(record, name);
}

function optionalTexts(record: WireRecord, name: string): string[] | undefined {
  const value = ownMember(record.members, name);
  return Array.isArray(value)
    ? value.filter((text: unknown): text is string => typeof text === 'string')
    : undefined;
}
