import { OpenRouterConfigException } from '../errors/client.exceptions.js';

/** A checked name of a schema. */
export interface SchemaName {
  /** As it was given. */
  readonly plain: string;
  /** As a statement names it. */
  readonly quoted: string;
}

/** PostgreSQL cuts longer names, and keeps those with `pg_` to itself. */
const NAME_RULE = /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/;

/** @throws `OpenRouterConfigException` if it is not a name for a schema. */
export function schemaName(name: unknown): SchemaName {
  if (typeof name !== 'string' || !NAME_RULE.test(name)) {
    throw new OpenRouterConfigException(
      'PostgresSpendStore: `schema` must be a name of 1 to 63 lower-case letters, digits and underscores that begins with ' +
        'a letter or an underscore and not with pg_, for example openrouter_spend.',
    );
  }
  return { plain: name, quoted: `"${name}"` };
}
