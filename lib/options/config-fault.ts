import { OpenRouterConfigException } from '../errors/client.exceptions.js';
import { isRecord } from '../untrusted/is-record.js';
import { unknownName } from './validate-object.js';

/** The exception for something that was configured wrongly. A problem that ends as a question gets no full stop. */
export function configFault(subject: string, problem: string): OpenRouterConfigException {
  return new OpenRouterConfigException(`${subject}: ${problem}${problem.endsWith('?') ? '' : '.'}`);
}

/** What is wrong with the first name that is not known, if there is one. */
export function unknownNameIn(options: object, known: readonly string[]): string | undefined {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : unknownName(unknown, known);
}

/**
 * Options as an object of which every name is known.
 *
 * @param example - How they could look, for the message.
 * @throws `OpenRouterConfigException`
 */
export function knownOptions(
  options: unknown,
  subject: string,
  known: readonly string[],
  example: string,
): Readonly<Record<string, unknown>> {
  if (!isRecord(options)) {
    throw configFault(subject, `the options must be an object, for example ${example}`);
  }
  const problem = unknownNameIn(options, known);
  if (problem !== undefined) {
    throw configFault(subject, problem);
  }
  return options;
}
