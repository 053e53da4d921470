import {
  type OpenRouterConfigException,
  type OpenRouterValidationError,
  OpenRouterValidationException,
} from '../errors/client.exceptions.js';
import { configFault } from './config-fault.js';
import type { Dictionary, Expectation, List, OptionTable, Options, Problem } from './define-options.js';
import { ownMembers, withoutPollution } from './pollution.js';
import { kindOf, shown } from './shown-value.js';
import { unknownName } from './unknown-name.js';
import { isRecord } from '../untrusted/is-record.js';

/** Options that passed: a frozen copy that inherits nothing, without the members that were `undefined`. */
export type Checked<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

/**
 * Checks the configuration of an application.
 *
 * @param subject - Where the options were given, for the message.
 * @throws `OpenRouterConfigException` that names every wrong option and its fix.
 */
export function checkConfig<T extends object>(
  schema: Options<T>,
  options: unknown,
  subject: string,
): Checked<T> {
  const { value, errors } = readOptions(schema, options);
  if (errors.length > 0) {
    throw faultOf(errors, subject);
  }
  return value;
}

/** The exception that {@link checkConfig} throws, for a caller that throws it later. */
export function configFaultIn<T extends object>(
  schema: Options<T>,
  options: unknown,
  subject: string,
): OpenRouterConfigException | undefined {
  const { errors } = readOptions(schema, options);
  return errors.length > 0 ? faultOf(errors, subject) : undefined;
}

/**
 * Checks the options of a call.
 *
 * @param subject - The owner of the options, for the message.
 * @throws `OpenRouterValidationException` that names every wrong option and its fix.
 */
export function checkCallOptions<T extends object>(
  schema: Options<T>,
  options: unknown,
  subject: string,
): Checked<T> {
  const { value, errors } = readOptions(schema, options);
  if (errors.length > 0) {
    throw new OpenRouterValidationException(subject, errors);
  }
  return value;
}

function faultOf(errors: readonly OpenRouterValidationError[], subject: string): OpenRouterConfigException {
  return configFault(subject, errors.flatMap(({ constraints }) => Object.values(constraints)).join('; '));
}

/** The valid options, and the errors of the others. */
function readOptions<T extends object>(
  schema: Options<T>,
  options: unknown,
): { value: Checked<T>; errors: OpenRouterValidationError[] } {
  const errors: OpenRouterValidationError[] = [];
  if (isRecord(options)) {
    const value = withoutPollution(() => readMembers(schema, options, '', errors));
    return { value: value, errors };
  }
  const problem = `the options must be an object, for example ${schema.example}; got ${shown(options)}`;
  errors.push({ property: '', constraints: { isObject: problem } });
  return { value: Object.freeze({}), errors };
}

/** @param path - Path of the object, ending with a dot unless it is empty. */
function readMembers(
  { checks }: OptionTable,
  options: object,
  path: string,
  errors: OpenRouterValidationError[],
): object {
  const members = ownMembersOf(options);
  for (const [name, member] of Object.entries(members)) {
    const property = path + name;
    const refuse = (problem: Problem): void => {
      errors.push({ property, constraints: { rule: sentence(property, problem, member) } });
    };
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const problem = unknownName(property, Object.keys(checks), name);
      errors.push({ property, constraints: { whitelistValidation: problem } });
    } else if (typeof check === 'function') {
      const problem = check(member, members);
      if (problem !== undefined) refuse(problem);
      // Copied, so that a later change of the list has no effect.
      else if (Array.isArray(member)) members[name] = Object.freeze([...(member as unknown[])]);
    } else if (check.kind === 'group') {
      if (isRecord(member)) members[name] = readMembers(check.members, member, `${property}.`, errors);
      else if (!(check.orFalse && member === false)) refuse(notAGroup(check.members, check.orFalse));
    } else if (check.kind === 'list') {
      members[name] = readList(check, member, members, property, errors, refuse);
    } else {
      const copy = isRecord(member) ? Object.freeze(ownMembers(member)) : undefined;
      const problem = dictionaryProblem(check, copy);
      if (problem !== undefined) refuse(problem);
      else members[name] = copy;
    }
  }
  return Object.freeze(members);
}

/** A frozen copy of a list, of frozen copies. */
function readList(
  { members, max, emptyProblem, required, problemOf }: List<unknown>,
  list: unknown,
  siblings: object,
  path: string,
  errors: OpenRouterValidationError[],
  refuse: (problem: Problem) => void,
): readonly object[] {
  const fix = Array.isArray(list) && list.length === 0 ? emptyProblem(siblings) : undefined;
  if (!Array.isArray(list) || list.length > max || fix !== undefined) {
    const mustBe = `a list of 1 to ${max} objects, for example [${members.example}]`;
    refuse({ mustBe, ...(fix !== undefined && { fix }) });
    return [];
  }
  const given: readonly unknown[] = list;
  const known: object[] = [];
  for (const [index, each] of given.entries()) {
    const property = `${path}[${index}]`;
    const add = (problem: Problem): void => {
      errors.push({ property, constraints: { rule: sentence(property, problem, each) } });
    };
    if (!isRecord(each)) {
      add(notAGroup(members, false));
      continue;
    }
    const faults = errors.length;
    const copy = readMembers(members, each, `${property}.`, errors);
    const missing = required.find((name) => !Object.hasOwn(copy, name));
    if (errors.length > faults) {
      continue;
    }
    const problem =
      missing === undefined ? problemOf(copy as never, known as never[]) : `needs a \`${missing}\``;
    if (problem !== undefined) {
      add(problem);
    }
    if (missing === undefined) {
      known.push(copy);
    }
  }
  return Object.freeze(known);
}

/** The members that are not `undefined`, in an object that inherits nothing. */
function ownMembersOf(options: object): Record<string, unknown> {
  const members = Object.create(null) as Record<string, unknown>;
  for (const [name, member] of Object.entries(options) as [string, unknown][]) {
    if (member !== undefined) members[name] = member;
  }
  return members;
}

function notAGroup({ example }: OptionTable, orFalse: boolean): Expectation {
  return { mustBe: `${orFalse ? 'false or an object' : 'an object'}, for example ${example}` };
}

function dictionaryProblem(
  { example, problemOf }: Dictionary<unknown>,
  members: Readonly<Record<string, unknown>> | undefined,
): Problem | undefined {
  if (members === undefined) {
    return { mustBe: `an object of strings, for example ${example}`, isSecret: true };
  }
  for (const [name, member] of Object.entries(members)) {
    const problem = problemOf(name, member);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function sentence(property: string, problem: Problem, value: unknown): string {
  if (typeof problem === 'string') {
    return `\`${property}\` ${problem}`;
  }
  const { mustBe, fix, isSecret } = problem;
  const got = isSecret === true ? kindOf(value) : shown(value);
  return `\`${property}\` must be ${mustBe}; got ${got}${fix === undefined ? '' : `; ${fix}`}`;
}
