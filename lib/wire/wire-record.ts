import { OpenRouterResponseException } from '../errors/client.exceptions.js';
import { isRecord, ownMember } from '../untrusted/is-record.js';

/** An object of untrusted JSON with the path at which it stands in the answer, for messages. */
export interface WireRecord {
  readonly members: Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** A member of a record, wherever it comes from; `undefined` if it is missing or no object. */
export function optionalRecord(record: WireRecord, name: string): WireRecord | undefined {
  const value = ownMember(record.members, name);
  return isRecord(value) ? { members: value, path: pathOf(record, name) } : undefined;
}

/**
 * The content of an answer. OpenRouter wraps it in `data`; some gateways in front of it send it flat.
 */
export function unwrapData(body: unknown): WireRecord {
  if (!isRecord(body)) {
    throw mismatch('data', 'an object', body);
  }
  return optionalRecord({ members: body, path: '' }, 'data') ?? { members: body, path: 'data' };
}

/** A required amount of money: a finite number, never a default. */
export function requiredAmount(record: WireRecord, name: string): number {
  const value = ownMember(record.members, name);
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw mismatch(pathOf(record, name), 'a finite number', value);
  }
  return value;
}

/** A required amount of money that may be `null`, such as a limit. */
export function nullableAmount(record: WireRecord, name: string): number | null {
  return ownMember(record.members, name) === null ? null : requiredAmount(record, name);
}

/** An amount of money that older servers do not send; if present, it must be a finite number. */
export function optionalAmount(record: WireRecord, name: string): number | undefined {
  const value = ownMember(record.members, name);
  return value === undefined || value === null ? undefined : requiredAmount(record, name);
}

/** A required string that is not empty, such as an id. */
export function requiredString(record: WireRecord, name: string): string {
  const value = ownMember(record.members, name);
  if (typeof value !== 'string' || value === '') {
    throw mismatch(pathOf(record, name), 'a string', value);
  }
  return value;
}

/** A string, or `undefined` if there is none. */
export function optionalString(record: WireRecord, name: string): string | undefined {
  const value = ownMember(record.members, name);
  return typeof value === 'string' ? value : undefined;
}

const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/** A point in time, or `undefined` if there is none that can be read. Without a time zone it is in UTC. */
export function optionalDate(record: WireRecord, name: string): Date | undefined {
  const text = optionalString(record, name) ?? '';
  // Without a zone, JavaScript would read it in the time zone of this machine.
  const date = new Date(WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A number other than money, such as a count, or `undefined` if there is none. */
export function optionalNumber(record: WireRecord, name: string): number | undefined {
  const value = ownMember(record.members, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** `true`, `false`, or `undefined` if it is neither. */
export function optionalBoolean(record: WireRecord, name: string): boolean | undefined {
  const value = ownMember(record.members, name);
  return typeof value === 'boolean' ? value : undefined;
}

/** Keeps an explicit `null` (there is none) apart from a missing member (not known). */
export function orNull<T>(
  record: WireRecord,
  name: string,
  read: (record: WireRecord, name: string) => T,
): T | null {
  return ownMember(record.members, name) === null ? null : read(record, name);
}

/**
 * The list in `data` of an answer, decoded item by item.
 *
 * @throws `OpenRouterResponseException` if there is no list, or an item is not an object.
 */
export function decodeList<T>(body: unknown, decode: (item: WireRecord) => T): T[] {
  const list = unwrapList(body);
  return list.map((_item, index) => decode(itemOf(list, index)));
}

/** The list in `data` of an answer, or the answer itself where a gateway sends it flat. */
export function unwrapList(body: unknown): readonly unknown[] {
  const list = isRecord(body) ? ownMember(body, 'data') : body;
  if (!Array.isArray(list)) {
    throw mismatch('data', 'a list', list);
  }
  return list;
}

/** An item of the list in `data` of an answer, which has to be an object. */
export function itemOf(list: readonly unknown[], index: number): WireRecord {
  const item = list[index];
  const path = `data[${index}]`;
  if (!isRecord(item)) {
    throw mismatch(path, 'an object', item);
  }
  return { members: item, path };
}

type Defined<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** Removes the members that are `undefined`. */
export function withoutUndefined<T extends object>(value: T): Defined<T> {
  // Copies only where needed: most values are complete, and some answers have thousands of rows.
  for (const name in value) {
    if (value[name] === undefined) {
      const defined = Object.entries(value).filter(([, member]) => member !== undefined);
      return Object.fromEntries(defined) as Defined<T>;
    }
  }
  return value as Defined<T>;
}

function pathOf(record: WireRecord, name: string): string {
  return record.path === '' ? name : `${record.path}.${name}`;
}

function mismatch(path: string, expected: string, actual: unknown): OpenRouterResponseException {
  return new OpenRouterResponseException({
    message: `OpenRouter's answer is not what its API promises: \`${path}\` should be ${expected}, and is ${kindOf(actual)}.`,
    delivery: 'applied',
    path,
  });
}

/** The kind of a value, for messages that must not show the value. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value === '') return 'an empty string';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : 'not finite';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
