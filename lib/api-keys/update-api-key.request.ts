import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { checkArgument } from '../options/check-argument.js';
import { IsString, Matches } from '../options/class-validator.js';
import type { Rule } from '../options/define-options.js';
import { MayBeAbsent, Obeys } from '../options/obeys.js';
import { trueOrFalse } from '../options/option-rules.js';
import { standardSchema, type StandardSchemaProps } from '../options/standard-schema.js';
import { misspelling, quoted } from '../options/unknown-name.js';
import { isRecord } from '../untrusted/is-record.js';
import { NOT_BLANK_PATTERN } from '../wire/identifiers.js';
import {
  LIMIT_RESETS,
  limitResetRule,
  limitRule,
  NAME_IS_NOT_BLANK,
  NAME_IS_STRING,
} from './api-key.rules.js';
import { count, flag, nullable, openApi, optional, text } from '../openapi/open-api.js';

const CHANGEABLE = [
  'name',
  'disabled',
  'limit',
  'limitReset',
  'includeByokInLimit',
] as const satisfies readonly (keyof UpdateApiKeyRequest)[];

const CANNOT_BE_CHANGED = `cannot be changed; only ${quoted(CHANGEABLE)} can`;

const fixedRule: Rule = () => CANNOT_BE_CHANGED;

/**
 * A change of a key: a member that is absent or `undefined` stays as it is, `null` removes a value. A controller may
 * use it as a body behind a `ValidationPipe`.
 */
export class UpdateApiKeyRequest {
  /** Its new name; not blank. */
  @MayBeAbsent()
  @Matches(NOT_BLANK_PATTERN, NAME_IS_NOT_BLANK)
  @IsString(NAME_IS_STRING)
  name?: string | undefined;

  /** `true` disables the key, `false` enables it again. */
  @Obeys(trueOrFalse)
  disabled?: boolean | undefined;

  /** What it may spend, in US dollars, not negative; `null` means no limit. */
  @Obeys(limitRule)
  limit?: number | null | undefined;

  /** How often the limit resets: at midnight UTC, weekly on Mondays; `null` means never. */
  @Obeys(limitResetRule)
  limitReset?: (typeof LIMIT_RESETS)[number] | null | undefined;

  /** Whether spend with your own keys at providers (BYOK) counts towards the limit. */
  @Obeys(trueOrFalse)
  includeByokInLimit?: boolean | undefined;

  // Declared so that a ValidationPipe that strips unknown names does not silently drop them.

  /** Cannot be changed: delete the key and create another one. */
  @Obeys(fixedRule)
  expiresAt?: never;

  /** Cannot be changed. */
  @Obeys(fixedRule)
  workspaceId?: never;

  /** Cannot be changed. */
  @Obeys(fixedRule)
  creatorUserId?: never;

  /** The class as a Standard Schema: `@Body({ schema: UpdateApiKeyRequest })` on NestJS 12, behind a `StandardSchemaValidationPipe`. */
  static get '~standard'(): StandardSchemaProps<UpdateApiKeyRequest> {
    return standardSchema(this, checkChanges);
  }

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<UpdateApiKeyRequest>({
      name: optional(text(undefined, { pattern: NOT_BLANK_PATTERN.source })),
      disabled: optional(flag()),
      limit: optional(nullable(count('What the key may spend, in USD; null is no limit', { minimum: 0 }))),
      limitReset: optional(
        nullable(
          text('How often the limit resets, at midnight UTC; null means never', {
            enum: [...LIMIT_RESETS, null],
          }),
        ),
      ),
      includeByokInLimit: optional(flag()),
    });
  }
}

/**
 * Validates a change.
 *
 * @param subject - What is validated, for the message.
 * @throws `OpenRouterValidationException` that names every wrong property, or for a change that changes nothing.
 */
export function checkChanges(request: unknown, subject: string): UpdateApiKeyRequest {
  const others = Object.entries(isRecord(request) ? request : {})
    .filter(([name, value]) => value !== undefined && !(CHANGEABLE as readonly string[]).includes(name))
    .map(([name]) => ({ property: name, constraints: { rule: problemOf(name) } }));
  if (others.length > 0) {
    throw new OpenRouterValidationException(subject, others);
  }
  const changes = checkArgument(UpdateApiKeyRequest, request, subject);
  if (CHANGEABLE.every((name) => changes[name] === undefined)) {
    throw new OpenRouterValidationException(subject, [
      {
        property: '',
        constraints: { rule: `there is nothing to change; give one of ${quoted(CHANGEABLE)}` },
      },
    ]);
  }
  return changes;
}

function problemOf(name: string): string {
  return misspelling(name, CHANGEABLE) ?? `\`${name}\` ${CANNOT_BE_CHANGED}`;
}
