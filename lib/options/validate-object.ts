import type { OpenRouterValidationError } from '../errors/client.exceptions.js';
import { getMetadataStorage, Validator } from './class-validator.js';
import { ownMembers, withoutPollution } from './pollution.js';
import { unknownName } from './unknown-name.js';

type SchemaClass<T extends object> = new () => T;

/**
 * Validates an object against a class-validator class, on a copy, and refuses names that the class does not know.
 *
 * The copy is made by assignment, since class-transformer would convert dates and other values.
 *
 * @returns The copy, which inherits nothing, and every refused property.
 */
export function validateObject<T extends object>(
  Schema: SchemaClass<T>,
  input: object,
): { value: T; errors: OpenRouterValidationError[] } {
  return withoutPollution(() => validateCopy(Schema, input));
}

function validateCopy<T extends object>(
  Schema: SchemaClass<T>,
  input: object,
): { value: T; errors: OpenRouterValidationError[] } {
  const known = propertyNames(Schema);
  const value = new Schema();
  const errors: OpenRouterValidationError[] = [];
  for (const [name, member] of Object.entries(input as Record<string, unknown>)) {
    if (member === undefined) {
      continue;
    }
    // class-validator accepts names that every object inherits, so it cannot do this check.
    if (known.includes(name)) {
      Object.assign(value, { [name]: member });
    } else {
      errors.push({ property: name, constraints: { whitelistValidation: unknownName(name, known) } });
    }
  }
  const found = new Validator().validateSync(value, {
    forbidUnknownValues: false,
    stopAtFirstError: true,
    // By default class-validator keeps the values, and some of them are keys.
    validationError: { target: false, value: false },
  });
  errors.push(...found.map(({ property, constraints }) => ({ property, constraints: { ...constraints } })));
  return { value: ownMembers(value), errors };
}

function propertyNames(Schema: SchemaClass<object>): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(Schema, '', false, false);
  return [...new Set(metadata.map((rule) => rule.propertyName))];
}
