import { describe, expect, it } from '@jest/globals';
import { OpenRouterResponseException } from '../../lib/errors/index.js';
import { isRecord, ownMember } from '../../lib/untrusted/is-record.js';
import { tryParseJson } from '../../lib/untrusted/json.js';
import {
  decodeList,
  optionalDate,
  optionalRecord,
  optionalString,
  requiredAmount,
  requiredString,
  unwrapData,
  type WireRecord,
  withoutUndefined,
} from '../../lib/wire/wire-record.js';

const INHERITED = ['toString', 'constructor', 'hasOwnProperty', 'valueOf', '__proto__', '__defineGetter__'];

function record(json: string, path = 'data'): WireRecord {
  return { members: tryParseJson(json) as Record<string, unknown>, path };
}

function thrown(action: () => unknown): OpenRouterResponseException {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(OpenRouterResponseException);
    return error as OpenRouterResponseException;
  }
  throw new Error('nothing was thrown');
}

describe('an own member', () => {
  it.each(INHERITED)('is not the inherited %s', (name) => {
    expect(ownMember({}, name)).toBeUndefined();
    expect(ownMember(tryParseJson(`{"${name}":7}`) as Record<string, unknown>, name)).toBe(7);
  });

  it.each<[unknown, boolean]>([
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [undefined, false],
    ['x', false],
    [1, false],
    [true, false],
  ])('belongs to an object: %j %s', (value, expected) => {
    expect(isRecord(value)).toBe(expected);
  });
});

describe('the content of an answer', () => {
  it.each([
    ['{"data":{"a":1}}', { a: 1 }],
    ['{"a":1}', { a: 1 }],
    ['{"data":[1]}', { data: [1] }],
    ['{"data":null,"a":1}', { data: null, a: 1 }],
  ])('of %s is %j, at `data`', (json, members) => {
    expect(unwrapData(tryParseJson(json))).toEqual({ members, path: 'data' });
  });

  it.each<[unknown, string]>([
    [null, 'null'],
    [undefined, 'missing'],
    [[], 'an array'],
    ['x', 'a string'],
    ['', 'an empty string'],
    [7, 'a number'],
    [Infinity, 'not finite'],
    [false, 'a boolean'],
  ])('cannot be %j', (body, kind) => {
    const exception = thrown(() => unwrapData(body));
    expect(exception.message).toBe(
      `OpenRouter's answer is not what its API promises: \`data\` should be an object, and is ${kind}.`,
    );
    expect(exception).toMatchObject({ path: 'data', delivery: 'applied', code: 'OPENROUTER_RESPONSE' });
  });
});

describe('a required amount', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['-2.5', -2.5],
    ['1.68911914', 1.68911914],
    ['1e-9', 1e-9],
    ['9007199254740993', 9007199254740992],
    ['1.7976931348623157e308', Number.MAX_VALUE],
  ])('of %s is kept', (text, expected) => {
    expect(requiredAmount(record(`{"usage":${text}}`), 'usage')).toBe(expected);
  });

  it.each([
    ['{}', 'missing'],
    ['{"usage":null}', 'null'],
    ['{"usage":"12"}', 'a string'],
    ['{"usage":""}', 'an empty string'],
    ['{"usage":true}', 'a boolean'],
    ['{"usage":[12]}', 'an array'],
    ['{"usage":{"amount":12}}', 'an object'],
    ['{"usage":1e400}', 'not finite'],
    ['{"usage":-1e400}', 'not finite'],
    ['{"__proto__":{"usage":12}}', 'missing'],
  ])('cannot be that of %s', (json, kind) => {
    const exception = thrown(() => requiredAmount(record(json), 'usage'));
    expect(exception.message).toBe(
      `OpenRouter's answer is not what its API promises: \`data.usage\` should be a finite number, and is ${kind}.`,
    );
    expect(exception.path).toBe('data.usage');
  });

  it.each(INHERITED)('is not found on the prototype under %s', (name) => {
    expect(thrown(() => requiredAmount(record('{}'), name)).path).toBe(`data.${name}`);
    expect(requiredAmount(record(`{"${name}":3}`), name)).toBe(3);
  });

  it('is named without a dot at the top', () => {
    expect(thrown(() => requiredAmount(record('{}', ''), 'usage')).path).toBe('usage');
  });
});

describe('a text', () => {
  it('is kept', () => {
    expect(requiredString(record('{"id":"ch_1"}'), 'id')).toBe('ch_1');
    expect(optionalString(record('{"id":"ch_1"}'), 'id')).toBe('ch_1');
    expect(optionalString(record('{"id":""}'), 'id')).toBe('');
  });

  it.each([
    ['{}', 'missing'],
    ['{"id":null}', 'null'],
    ['{"id":7}', 'a number'],
    ['{"id":""}', 'an empty string'],
    ['{"id":["a"]}', 'an array'],
    ['{"id":{}}', 'an object'],
  ])('cannot be that of %s where it is required', (json, kind) => {
    const exception = thrown(() => requiredString(record(json), 'id'));
    expect(exception.message).toContain(`\`data.id\` should be a string, and is ${kind}.`);
    expect(exception.path).toBe('data.id');
  });

  it.each(['{}', '{"id":null}', '{"id":7}', '{"id":[]}'])(
    'is not there in %s where it is optional',
    (json) => {
      expect(optionalString(record(json), 'id')).toBeUndefined();
    },
  );

  it.each(INHERITED)('is not the inherited %s', (name) => {
    expect(optionalString(record('{}'), name)).toBeUndefined();
    expect(() => requiredString(record('{}'), name)).toThrow('is missing');
  });

  it('does not show what stands in its place', () => {
    const exception = thrown(() => requiredString(record('{"id":{"secret":"abc123"}}'), 'id'));
    expect(exception.message).not.toContain('abc123');
  });
});

describe('an optional record', () => {
  it('knows its path', () => {
    const pricing = optionalRecord(record('{"pricing":{"local":{}}}'), 'pricing');
    expect(pricing).toEqual({ members: { local: {} }, path: 'data.pricing' });
    expect(thrown(() => requiredString(optionalRecord(pricing!, 'local')!, 'amount')).path).toBe(
      'data.pricing.local.amount',
    );
  });

  it.each(['{}', '{"pricing":null}', '{"pricing":[]}', '{"pricing":"x"}', '{"pricing":0}'])(
    'is not there in %s',
    (json) => {
      expect(optionalRecord(record(json), 'pricing')).toBeUndefined();
    },
  );

  it.each(INHERITED)('is not the inherited %s', (name) => {
    expect(optionalRecord(record('{}'), name)).toBeUndefined();
  });
});

describe('an optional date', () => {
  it('is read', () => {
    expect(optionalDate(record('{"at":"2026-01-02T03:04:05Z"}'), 'at')).toEqual(
      new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
    );
  });

  it.each([
    ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04', '2026-01-02T03:04:00.000Z'],
    ['2026-01-02T03:04:05.678901', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05.678901+00:00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05.000Z'],
    ['2026-01-02', '2026-01-02T00:00:00.000Z'],
  ])('is in UTC where it names no time zone: %s', (text, expected) => {
    expect(optionalDate({ members: { at: text }, path: '' }, 'at')?.toISOString()).toBe(expected);
  });

  it.each([
    '{}',
    '{"at":null}',
    '{"at":""}',
    '{"at":"soon"}',
    '{"at":1767322800}',
    '{"at":{}}',
    '{"at":[2026]}',
  ])('is not there in %s', (json) => {
    expect(optionalDate(record(json), 'at')).toBeUndefined();
  });
});

describe('a list', () => {
  const idOf = (item: WireRecord): string => requiredString(item, 'id');

  it.each([
    ['in `data`', { data: [{ id: 'a' }, { id: 'b' }] }],
    ['as gateways send it', [{ id: 'a' }, { id: 'b' }]],
  ])('is decoded item by item: %s', (_title, body) => {
    expect(decodeList(body, idOf)).toEqual(['a', 'b']);
  });

  it.each<[string, unknown, string]>([
    ['is none', { data: {} }, 'data'],
    ['is null', { data: null }, 'data'],
    ['is missing', {}, 'data'],
    ['is a text', 'x', 'data'],
    ['is null instead of an answer', null, 'data'],
    ['has a hole', { data: [{ id: 'a' }, null] }, 'data[1]'],
    ['has a list in it', { data: [[]] }, 'data[0]'],
    ['has a wrong item', { data: [{ id: 'a' }, { id: 'b' }, { id: 5 }] }, 'data[2].id'],
  ])('is told with its path where it %s', (_title, body, path) => {
    expect(thrown(() => decodeList(body, idOf))).toMatchObject({ path, delivery: 'applied' });
  });
});

describe('what an answer did not have', () => {
  it('is left out', () => {
    expect(Object.keys(withoutUndefined({ a: 1, b: undefined, c: null, d: 0 }))).toEqual(['a', 'c', 'd']);
    expect(withoutUndefined({ a: 1 })).toEqual({ a: 1 });
  });
});
