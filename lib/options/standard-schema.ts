import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { isRecord } from '../untrusted/is-record.js';
import { checkArgument } from './check-argument.js';

/** One refused property. */
export interface StandardSchemaIssue {
  /** What is wrong, and what is needed. */
  readonly message: string;
  /** The name of the property; absent where the value as a whole is refused. */
  readonly path?: readonly string[];
}

/** A value that is accepted. */
export interface StandardSchemaSuccess<T> {
  /** An instance of the class. */
  readonly value: T;
  /** Always absent, which tells it from a refusal. */
  readonly issues?: undefined;
}

/** A value that is refused. */
export interface StandardSchemaFailure {
  /** Every reason. */
  readonly issues: readonly StandardSchemaIssue[];
}

/** An accepted value, or every reason why it is refused. */
export type StandardSchemaResult<T> = StandardSchemaSuccess<T> | StandardSchemaFailure;

/** The types of a schema, for TypeScript alone. */
export interface StandardSchemaTypes<T> {
  /** What is given. */
  readonly input: T;
  /** What an accepted value becomes. */
  readonly output: T;
}

/** The member `~standard` of a class, as [Standard Schema](https://standardschema.dev) 1 defines it. */
export interface StandardSchemaProps<T> {
  /** The version of the specification. */
  readonly version: 1;
  /** Whose schema it is. */
  readonly vendor: 'nestjs-openrouter';
  /** Validates a value. Never throws for a wrong one. */
  readonly validate: (value: unknown) => StandardSchemaResult<T>;
  /** For inference in TypeScript; absent at runtime. */
  readonly types?: StandardSchemaTypes<T>;
}

/**
 * Makes a request class usable as a Standard Schema. The outcome is that of the service's own validation.
 *
 * @param check - Validates as the service does, and throws `OpenRouterValidationException`. Needed if the service
 * checks more than the class declares.
 * @param convert - Converts properties that arrive as text, as in a URL.
 */
export function standardSchema<T extends object>(
  Schema: new () => T,
  check: (value: unknown, subject: string) => T = (value, subject) => checkArgument(Schema, value, subject),
  convert: (value: Record<string, unknown>) => Record<string, unknown> = (value) => value,
): StandardSchemaProps<T> {
  return {
    version: 1,
    vendor: 'nestjs-openrouter',
    validate: (value) => {
      try {
        const checked = check(isRecord(value) ? convert(value) : value, Schema.name);
        return { value: Object.assign(new Schema(), checked) };
      } catch (error) {
        if (error instanceof OpenRouterValidationException) {
          return { issues: error.errors.flatMap(issuesOf) };
        }
        throw error;
      }
    },
  };
}

function issuesOf({
  property,
  constraints,
}: OpenRouterValidationException['errors'][number]): StandardSchemaIssue[] {
  const name = `\`${property}\` `;
  return Object.values(constraints).map((text) =>
    property === ''
      ? { message: text }
      : // A pipe writes the path in front of the message.
        { message: text.startsWith(name) ? text.slice(name.length) : text, path: [property] },
  );
}
