import type { SecretString } from '../secret/secret-string.js';
import { KeyBudget } from './key-budget.model.js';
import {
  allOptional,
  anyObject,
  count,
  date,
  flag,
  model,
  nullable,
  openApi,
  optional,
  text,
  usd,
} from '../openapi/open-api.js';

const LIMIT = usd('What the key may spend', 'null is no limit');

const AMOUNTS = {
  usage: usd('Spent since the key was made'),
  usageDaily: usd('Spent on the current UTC day'),
  usageWeekly: usd('Spent in the current UTC week'),
  usageMonthly: usd('Spent in the current UTC month'),
  byokUsage: usd('Charged to own provider keys since the key was made'),
  byokUsageDaily: usd('Charged to own provider keys on the current UTC day'),
  byokUsageWeekly: usd('Charged to own provider keys in the current UTC week'),
  byokUsageMonthly: usd('Charged to own provider keys in the current UTC month'),
} as const;

/** What every description of a key has. Amounts are US dollars. */
export class ApiKeyDetails {
  /** The key as OpenRouter shows it, masked: `sk-or-v1-0e6...1c96`. */
  label?: string;
  /** What the key may spend, in US dollars; `null` means no limit. */
  limit?: number | null;
  /** What is left of the limit, in US dollars; `null` if there is no limit. */
  limitRemaining!: number | null;
  /** How often the limit resets: `daily`, `weekly`, `monthly`, or `null` for never. New values pass through. */
  limitReset?: string | null;
  /** Whether what providers charge to keys of your own (BYOK) counts towards the limit. */
  includeByokInLimit?: boolean;
  /** Spent since the key was made, in US dollars. */
  usage?: number;
  /** Spent on the current UTC day, in US dollars. */
  usageDaily?: number;
  /** Spent in the current UTC week, which begins on Monday, in US dollars. */
  usageWeekly?: number;
  /** Spent in the current UTC month, in US dollars. */
  usageMonthly?: number;
  /** Charged by providers to keys of your own since the key was made, in US dollars. */
  byokUsage?: number;
  /** The same on the current UTC day. */
  byokUsageDaily?: number;
  /** The same in the current UTC week. */
  byokUsageWeekly?: number;
  /** The same in the current UTC month. */
  byokUsageMonthly?: number;
  /** Id of the user who made the key. */
  creatorUserId?: string | null;
  /** When the key expires; `null` means never. */
  expiresAt?: Date | null;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ApiKeyDetails>({
      label: optional(text('The key, masked')),
      limit: optional(nullable(LIMIT)),
      limitRemaining: nullable(usd('What is left of the limit')),
      limitReset: optional(nullable(text('daily, weekly, monthly, or null for never'))),
      includeByokInLimit: optional(flag()),
      ...allOptional(AMOUNTS),
      creatorUserId: optional(nullable(text())),
      expiresAt: optional(nullable(date())),
    });
  }
}

/** The description of one of the account's keys, without the key itself. Its amounts are always present. */
export class ApiKey extends ApiKeyDetails {
  declare limit: number | null;
  declare usage: number;
  declare usageDaily: number;
  declare usageWeekly: number;
  declare usageMonthly: number;
  declare byokUsage: number;
  declare byokUsageDaily: number;
  declare byokUsageWeekly: number;
  declare byokUsageMonthly: number;
  /** Identifies the key in every other call: its SHA-256, 64 hexadecimal digits. */
  hash!: string;
  /** Its name. Several keys may have the same name. */
  name?: string;
  /** Whether the key is disabled. */
  disabled?: boolean;
  /** When it was made. */
  createdAt?: Date;
  /** When it was last changed; `null` means never. */
  updatedAt?: Date | null;
  /** The workspace that it belongs to. */
  workspaceId?: string;
  /** The end user of the partner for whom it was made. */
  externalUser?: string | null;

  /** @internal */
  static override _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ApiKey, ApiKeyDetails>({
      limit: nullable(LIMIT),
      ...AMOUNTS,
      hash: text('What names the key in every other call'),
      name: optional(text()),
      disabled: optional(flag()),
      createdAt: optional(date()),
      updatedAt: optional(nullable(date())),
      workspaceId: optional(text()),
      externalUser: optional(nullable(text())),
    });
  }
}

/** The requests to free models that are left today. The count resets at midnight UTC, and may lag behind. */
export class FreeModelDailyRequests {
  /** Requests a day. */
  limit?: number;
  /** Requests left today. */
  remaining?: number;
  /** Requests made today. */
  used?: number;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<FreeModelDailyRequests>({
      limit: optional(count()),
      remaining: optional(count()),
      used: optional(count()),
    });
  }
}

/**
 * The description that `GET /key` gives of the key in use, without its hash (see `ApiKeysService.hashOf`) and its name.
 * What is left of its limit is always present; other amounts are absent if the server sends none, or no number.
 */
export class CurrentApiKey extends ApiKeyDetails {
  /** Whether the account has never paid. */
  isFreeTier?: boolean;
  /** Whether it is a management key, which administers the account and cannot call completions. */
  isManagementKey?: boolean;
  /** The organization that it belongs to. */
  organizationId?: string | null;
  /** The workspace that it belongs to. */
  workspaceId?: string | null;
  /** What is left of the day's requests to free models. */
  freeModelDailyRequests?: FreeModelDailyRequests;
  /** Where the data of its requests may be processed, for example `global`, `europe`, `us`. */
  allowedDataRegions?: string[];
  /**
   * Every budget that OpenRouter enforces on the key, in this order: of guardrails, of its workspace, its own limit.
   * Empty if there is none; absent if the server does not send them, as older ones do not.
   */
  budgets?: KeyBudget[];
  /**
   * The budget that decides: one that is exhausted, or else the one with the least left. It may be the key's own limit.
   * `null` if there is none; absent if the server does not send it.
   */
  effectiveBudget?: KeyBudget | null;
  /** As OpenRouter sent it. It is deprecated and has no meaning any more. */
  rateLimit?: Readonly<Record<string, unknown>>;

  /** @internal */
  static override _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CurrentApiKey, ApiKeyDetails>({
      isFreeTier: optional(flag()),
      isManagementKey: optional(flag()),
      organizationId: optional(nullable(text())),
      workspaceId: optional(nullable(text())),
      freeModelDailyRequests: optional(model(() => FreeModelDailyRequests)),
      allowedDataRegions: optional(model(() => [String])),
      budgets: optional(model(() => [KeyBudget])),
      effectiveBudget: optional(nullable(model(() => KeyBudget))),
      rateLimit: optional(anyObject({ deprecated: true })),
    });
  }
}

/** A key that was just created. */
export class CreatedApiKey {
  /** Its description. */
  apiKey!: ApiKey;
  /** The key itself, by `reveal()`. OpenRouter never shows it again. */
  secret!: SecretString;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CreatedApiKey>({
      apiKey: model(() => ApiKey),
      secret: text('`[redacted]` wherever it is serialised'),
    });
  }
}
