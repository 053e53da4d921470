import { Transform } from 'class-transformer';
import { Obeys } from '../options/obeys.js';
import { trueOrFalse, integerFrom } from '../options/option-rules.js';
import { UUID_PATTERN, workspaceIdRule } from '../wire/identifiers.js';
import { flag, integer, openApi, optional, text } from '../openapi/open-api.js';

const TRUTHS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** From the raw string in the URL: Nest's implicit conversion turns the string `false` into `true`. */
const fromText = (read: (text: string) => unknown): PropertyDecorator =>
  Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => {
    const raw = obj[key];
    return typeof raw === 'string' ? (read(raw) ?? raw) : raw;
  });

/**
 * Which keys to list. May be used behind a `ValidationPipe` with `transform: true` as a controller's query.
 */
export class ListApiKeysQuery {
  /** Whether to list disabled keys as well. By default they are left out. */
  @Obeys(trueOrFalse)
  @fromText((text) => (Object.hasOwn(TRUTHS, text) ? TRUTHS[text] : undefined))
  includeDisabled?: boolean | undefined;

  /** How many keys to skip; a whole number from 0. */
  @Obeys(integerFrom(0, Number.MAX_SAFE_INTEGER))
  @fromText((text) => (/^\d+$/.test(text) ? Number(text) : undefined))
  offset?: number | undefined;

  /** Id of the workspace whose keys are listed, a UUID; by default the default workspace, and no other. */
  @Obeys(workspaceIdRule)
  workspaceId?: string | undefined;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ListApiKeysQuery>({
      includeDisabled: optional(flag()),
      offset: optional(integer('How many keys to skip', { minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
      workspaceId: optional(text(undefined, { pattern: UUID_PATTERN.source })),
    });
  }
}
