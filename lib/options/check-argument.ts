import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { validateObject } from './validate-object.js';
import { isRecord } from '../untrusted/is-record.js';

/**
 * Validates an argument of a call, an instance or a plain object, against its class.
 *
 * @param subject - What is validated, for the message.
 * @returns A copy.
 * @throws `OpenRouterValidationException` that names every wrong property.
 */
export function checkArgument<T extends object>(Schema: new () => T, argument: unknown, subject: string): T {
  if (!isRecord(argument)) {
    throw new OpenRouterValidationException(subject, [
      { property: '', constraints: { isObject: 'an object is needed' } },
    ]);
  }
  const { value, errors } = validateObject(Schema, argument);
  if (errors.length > 0) {
    throw new OpenRouterValidationException(subject, errors);
  }
  return value;
}
