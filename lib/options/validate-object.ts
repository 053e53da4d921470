import { closest, distance } from 'fastest-levenshtein';
import type { OpenRouterValidationError } from '../errors/client.exceptions.js';
import { isRecord } from '../untrusted/is-record.js';
import { getMetadataStorage, Validator } from './class-validator.js';
import { ownMembers, withoutPollution } from './pollution.js';

type SchemaClass<T extends object> = new () => T;

/** Classes of the members that are objects themselves, by the paths of the members, for example `retry` or `a.b`. */
export type NestedSchemas = Readonly<Record<string, SchemaClass<object>>>;

/**
 * Validates a plain object against a class-validator class, on a copy, and refuses names the class does not know.
 *
 * The copy is made by assignment: class-transformer would rebuild agents, signals and URLs into something else.
 *
 * @param nested - Classes of the members that are objects themselves.
 * @returns The copy, which inherits nothing, and every refused property with its path.
 */
export function validateObject<T extends object>(
  Schema: SchemaClass<T>,
  input: object,
  nested: NestedSchemas = {},
): { value: T; errors: OpenRouterValidationError[] } {
  return withoutPollution(() => validateCopy(Schema, input, nested));
}

function validateCopy<T extends object>(
  Schema: SchemaClass<T>,
  input: object,
  nested: NestedSchemas,
): { value: T; errors: OpenRouterValidationError[] } {
  const known = propertyNames(Schema);
  const value = new Schema();
  const errors: OpenRouterValidationError[] = [];
  for (const [name, member] of Object.entries(input as Record<string, unknown>)) {
    if (member === undefined) {
      continue;
    }
    // Not left to class-validator, which takes a name that every object inherits for a known one.
    if (!known.includes(name)) {
      errors.push({ property: name, constraints: { whitelistValidation: unknownName(name, known) } });
      continue;
    }
    const NestedSchema = Object.hasOwn(nested, name) ? nested[name] : undefined;
    if (NestedSchema !== undefined && isRecord(member)) {
      const inner = validateObject(NestedSchema, member, within(name, nested));
      errors.push(...inner.errors.map((error) => below(name, error)));
      Object.assign(value, { [name]: inner.value });
    } else {
      Object.assign(value, { [name]: member });
    }
  }
  const found = new Validator().validateSync(value, {
    forbidUnknownValues: false,
    stopAtFirstError: true,
    // class-validator keeps the values otherwise, and some of them are keys.
    validationError: { target: false, value: false },
  });
  errors.push(...found.map(({ property, constraints }) => ({ property, constraints: { ...constraints } })));
  return { value: ownMembers(value), errors };
}

/** The classes of the members below a member. */
function within(owner: string, nested: NestedSchemas): NestedSchemas {
  const prefix = `${owner}.`;
  return Object.fromEntries(
    Object.entries(nested)
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, Schema]) => [path.slice(prefix.length), Schema]),
  );
}

/** The same error, seen from the object that holds the nested one. */
function below(
  owner: string,
  { property, constraints }: OpenRouterValidationError,
): OpenRouterValidationError {
  const path = `${owner}.${property}`;
  const texts = Object.entries(constraints).map(([rule, text]) => [
    rule,
    text.replace(`\`${property}\``, () => `\`${path}\``),
  ]);
  return { property: path, constraints: Object.fromEntries(texts) as Record<string, string> };
}

/** The message for a name that is not known, with the one that was probably meant. */
export function unknownName(name: string, known: readonly string[]): string {
  return misspelling(name, known) ?? `\`${name}\` is not known; there are ${quoted(known)}`;
}

/** The same, if one was probably meant. */
export function misspelling(name: string, known: readonly string[]): string | undefined {
  const nearest = closest(
    name.toLowerCase(),
    known.map((candidate) => candidate.toLowerCase()),
  );
  const meant = known.find((candidate) => candidate.toLowerCase() === nearest);
  const near =
    meant !== undefined && distance(name.toLowerCase(), nearest) <= Math.max(2, meant.length * 0.4);
  return near ? `\`${name}\` is not known; did you mean \`${meant}\`?` : undefined;
}

/** Names as messages list them. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function propertyNames(Schema: SchemaClass<object>): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(Schema, '', false, false);
  return [...new Set(metadata.map((rule) => rule.propertyName))];
}
