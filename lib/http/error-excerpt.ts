/** So much of an error answer is read, in bytes, as sent and unpacked. */
export const LONGEST_ERROR = 65_536;

const DEEPEST = 8;
/** What a member, a number and the like count for beside its texts. */
const MEMBER_COST = 8;

export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** An answer with the error of a success alone, so much of it as is read of an error answer. */
export function errorExcerpt(error: unknown): string {
  let left = LONGEST_ERROR;
  const copy = (value: unknown, depth: number): unknown => {
    left -= MEMBER_COST;
    if (typeof value === 'string') {
      const text = value.slice(0, Math.max(0, left));
      left -= text.length;
      return text;
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (depth === DEEPEST) {
      return null;
    }
    const members: unknown[] = [];
    const names = Array.isArray(value) ? undefined : Object.keys(value);
    for (let at = 0; at < (names ?? (value as unknown[])).length && left > 0; at += 1) {
      const name = names?.[at] ?? at;
      left -= String(name).length;
      const member = copy(Reflect.get(value, name), depth + 1);
      members.push(names === undefined ? member : [name, member]);
    }
    return names === undefined ? members : Object.fromEntries(members as [string, unknown][]);
  };
  return JSON.stringify({ error: copy(error, 0) });
}
