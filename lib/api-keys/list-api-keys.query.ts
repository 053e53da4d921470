import { Transform } from 'class-transformer';
import { Obeys } from '../options/obeys.js';
import { trueOrFalse, integerFrom } from '../options/option-rules.js';
import { standardSchema, type StandardSchemaProps } from '../options/standard-schema.js';
import { UUID_PATTERN, workspaceIdRule } from '../wire/identifiers.js';
import { flag, integer, openApi, optional, text } from '../openapi/open-api.js';

const TRUTHS: Readonly<Record<string, boolean>> = { true: true, false: false };

/** Reads what came as text in a URL; `undefined` for what is not of that kind. */
const READERS = {
  includeDisabled: (text: string) => (Object.hasOwn(TRUTHS, text) ? TRUTHS[text] : undefined),
  offset: (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined),
};

type ReadName = keyof typeof READERS;

function readText(name: ReadName, raw: unknown): unknown {
  return typeof raw === 'string' ? (READERS[name](raw) ?? raw) : raw;
}

function readTexts(query: Record<string, unknown>): Record<string, unknown> {
  const read = Object.entries(query).map(([name, raw]) => [
    name,
    Object.hasOwn(READERS, name) ? readText(name as ReadName, raw) : raw,
  ]);
  return Object.fromEntries(read) as Record<string, unknown>;
}

/** From the raw string in the URL: Nest's implicit conversion turns the string `false` into `true`. */
const FromText = (name: ReadName): PropertyDecorator =>
  Transform(({ obj }: { obj: Record<string, unknown> }) => readText(name, obj[name]));

/**
 * Which keys to list. A controller may use it as a query behind a `ValidationPipe` with `transform: true`.
 */
export class ListApiKeysQuery {
  /** Whether to list disabled keys as well. By default they are left out. */
  @Obeys(trueOrFalse)
  @FromText('includeDisabled')
  includeDisabled?: boolean | undefined;

  /** How many keys to skip; a whole number from 0. */
  @Obeys(integerFrom(0, Number.MAX_SAFE_INTEGER))
  @FromText('offset')
  offset?: number | undefined;

  /** Id of the workspace whose keys are listed, a UUID. @defaultValue the default workspace */
  @Obeys(workspaceIdRule)
  workspaceId?: string | undefined;

  /** The class as a Standard Schema: `@Query({ schema: ListApiKeysQuery })` on NestJS 12, behind a `StandardSchemaValidationPipe`. */
  static get '~standard'(): StandardSchemaProps<ListApiKeysQuery> {
    return standardSchema(this, undefined, readTexts);
  }

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ListApiKeysQuery>({
      includeDisabled: optional(flag()),
      offset: optional(integer('How many keys to skip', { minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
      workspaceId: optional(text(undefined, { pattern: UUID_PATTERN.source })),
    });
  }
}
