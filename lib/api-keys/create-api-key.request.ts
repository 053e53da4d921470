import { IsString, Matches } from '../options/class-validator.js';
import { NoImplicitConversion } from '../options/no-implicit-conversion.js';
import { Obeys } from '../options/obeys.js';
import { trueOrFalse } from '../options/option-rules.js';
import { standardSchema, type StandardSchemaProps } from '../options/standard-schema.js';
import { NOT_BLANK_PATTERN, UUID_PATTERN, workspaceIdRule } from '../wire/identifiers.js';
import {
  creatorIdRule,
  expiryRule,
  LIMIT_RESETS,
  limitResetRule,
  limitRule,
  NAME_IS_NOT_BLANK,
  NAME_IS_STRING,
} from './api-key.rules.js';
import { count, date, flag, nullable, openApi, optional, text } from '../openapi/open-api.js';

/**
 * A request for a new key. A controller may use it as a body behind a `ValidationPipe`.
 */
export class CreateApiKeyRequest {
  /** Its name; not blank. OpenRouter does not require it to be unique: choose one that no other key has. */
  @Matches(NOT_BLANK_PATTERN, NAME_IS_NOT_BLANK)
  @IsString(NAME_IS_STRING)
  @NoImplicitConversion()
  name!: string;

  /** What it may spend, in US dollars, not negative; `null` or absent means no limit. */
  @Obeys(limitRule)
  limit?: number | null | undefined;

  /** How often the limit resets: at midnight UTC, weekly on Mondays; `null` or absent means never. */
  @Obeys(limitResetRule)
  limitReset?: (typeof LIMIT_RESETS)[number] | null | undefined;

  /** Whether spend with your own keys at providers (BYOK) counts towards the limit. */
  @Obeys(trueOrFalse)
  includeByokInLimit?: boolean | undefined;

  /**
   * When it expires: a `Date`, or a UTC time in ISO 8601 that ends in `Z`; `null` or absent means never. It cannot be
   * changed later.
   */
  @Obeys(expiryRule)
  expiresAt?: Date | string | null | undefined;

  /** Id of the member of the organization who makes the key. */
  @Obeys(creatorIdRule)
  creatorUserId?: string | null | undefined;

  /** Id of the workspace it belongs to, a UUID; by default the default workspace. */
  @Obeys(workspaceIdRule)
  workspaceId?: string | undefined;

  /** The class as a Standard Schema: `@Body({ schema: CreateApiKeyRequest })` on NestJS 12, behind a `StandardSchemaValidationPipe`. */
  static get '~standard'(): StandardSchemaProps<CreateApiKeyRequest> {
    return standardSchema(this);
  }

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<CreateApiKeyRequest>({
      name: text('Tells the key from all others', {
        pattern: NOT_BLANK_PATTERN.source,
        example: 'tenant-42',
      }),
      limit: optional(
        nullable(count('What the key may spend, in USD; null is no limit', { minimum: 0, example: 50 })),
      ),
      limitReset: optional(
        nullable(text('How often the limit resets, at midnight UTC', { enum: [...LIMIT_RESETS, null] })),
      ),
      includeByokInLimit: optional(flag()),
      expiresAt: optional(
        nullable(date('A UTC time that ends in Z; null is never', { example: '2030-01-31T00:00:00Z' })),
      ),
      creatorUserId: optional(nullable(text(undefined, { pattern: NOT_BLANK_PATTERN.source }))),
      workspaceId: optional(text(undefined, { pattern: UUID_PATTERN.source })),
    });
  }
}
