import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { isMatching, KEY_HASH_PATTERN, WORKSPACE_PATTERN } from '../wire/identifiers.js';

type ParameterName = 'hash' | 'workspace' | 'interval';

/** Values of path parameters, by their names in the template. */
export type PathParameters = Readonly<Partial<Record<ParameterName, string>>>;

/** Query parameters, by their names on the wire. */
export type QueryParameters = Readonly<Record<string, string | number | undefined>>;

interface ParameterRule {
  readonly pattern: RegExp;
  readonly shape: string;
}

const RULES: Readonly<Record<string, ParameterRule>> = {
  hash: { pattern: KEY_HASH_PATTERN, shape: 'the hash of a key: 64 lower-case hexadecimal digits' },
  workspace: { pattern: WORKSPACE_PATTERN, shape: 'the id or slug of a workspace' },
  interval: {
    pattern: /^(daily|weekly|monthly|lifetime)$/,
    shape: 'one of daily, weekly, monthly, lifetime',
  },
} satisfies Record<ParameterName, ParameterRule>;

/**
 * Puts parameters into a path template such as `/keys/{hash}`.
 *
 * Values are checked against patterns rather than encoded: a server that normalises the URL reads an encoded `..` as
 * `..`.
 *
 * @throws `OpenRouterValidationException` for a value that does not match; nothing is sent.
 */
export function expandPath(template: string, parameters: PathParameters, operation: string): string {
  return template.replace(/\{(\w+)\}/g, (_braces, name: string) => {
    const value: unknown = Object.hasOwn(parameters, name) ? Reflect.get(parameters, name) : undefined;
    const rule = RULES[name];
    if (rule === undefined || !isMatching(value, rule.pattern)) {
      throw new OpenRouterValidationException(operation, [
        { property: name, constraints: { pattern: `\`${name}\` must be ${rule?.shape ?? 'known'}` } },
      ]);
    }
    return value;
  });
}

/** The query of a URL with its `?`; empty without parameters. */
export function queryString(query: QueryParameters = {}): string {
  const members = Object.entries(query).filter(([, value]) => value !== undefined);
  const values = Object.fromEntries(members.map(([name, value]) => [name, String(value)]));
  return members.length === 0 ? '' : `?${new URLSearchParams(values).toString()}`;
}
