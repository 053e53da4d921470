import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { isMatching, KEY_HASH_PATTERN, WORKSPACE_PATTERN } from '../wire/identifiers.js';

type ParameterName = 'hash' | 'workspace' | 'interval';

/** Values of path parameters, by the names that stand in braces in a template. */
export type PathParameters = Readonly<Partial<Record<ParameterName, string>>>;

/** Members of a query by their names on the wire. */
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
 * They are checked by pattern rather than encoded: an encoded `..` is still a `..` to whoever normalises the URL.
 *
 * @throws `OpenRouterValidationException` for a value that does not fit; nothing is sent.
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

/** The query of a URL with its `?`, or an empty text if there is nothing in it. */
export function queryText(query: QueryParameters = {}): string {
  const members = Object.entries(query).filter(([, value]) => value !== undefined);
  const texts = Object.fromEntries(members.map(([name, value]) => [name, String(value)]));
  return members.length === 0 ? '' : `?${new URLSearchParams(texts).toString()}`;
}
