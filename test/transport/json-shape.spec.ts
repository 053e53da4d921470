import { describe, expect, it } from '@jest/globals';
import { isIntricate } from '../../lib/transport/json-shape.js';

const SIZE = 100_000;

const filledWith = (part: (index: number) => string): Buffer => {
  const parts: string[] = [];
  for (let length = 0; length < SIZE; length += parts.at(-1)!.length + 1) {
    parts.push(part(parts.length));
  }
  return Buffer.from(`{"data":[${parts.join(',')}]}`);
};

describe('JSON that takes long to parse', () => {
  it.each<[string, (index: number) => string]>([
    ['empty lists', () => '[]'],
    ['empty objects', () => '{}'],
    ['small objects', (index) => `{"a${index}":1}`],
    ['many members', (index) => `{"a${index}":1,"b${index}":2}`],
    ['depth', () => '['.repeat(65) + ']'.repeat(65) + ' '.repeat(5_000)],
    [
      'names that differ from object to object',
      (index) => `{${Array.from({ length: 50 }, (_, at) => `"k${index}_${at}":0`).join(',')}}`,
    ],
    [
      'names whose order differs from object to object',
      (index) => {
        const names = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at));
        const turned = names.map((_, at) => names[(at * (2 * index + 1) + index) % 26]!);
        const order = index % 2 === 0 ? turned : turned.reverse();
        return `{${order.map((name, at) => `"${name}${(index >> (at % 12)) & 1}":0`).join(',')}}`;
      },
    ],
    ['texts that end in a backslash', () => `"\\\\",{}`],
  ])('is found by its %s', (_name, part) => {
    expect(isIntricate(filledWith(part))).toBe(true);
  });

  it.each<[string, (index: number) => string]>([
    ['numbers', String],
    ['texts', () => `"${'[{:'.repeat(1_000)}"`],
    ['texts with quotation marks', () => JSON.stringify('"{'.repeat(1_000))],
    [
      'rows of activity',
      (index) =>
        `{"date":"2026-11-28","model":"m${index}","usage":0.1,"byok_usage_inference":0,"requests":1,` +
        '"prompt_tokens":1,"completion_tokens":1,"reasoning_tokens":0}',
    ],
    [
      'keys',
      () =>
        `{"hash":"${'0'.repeat(64)}","name":"a","label":"b","disabled":false,"limit":null,"limit_remaining":null,` +
        '"limit_reset":null,"usage":0,"usage_daily":0,"usage_weekly":0,"usage_monthly":0}',
    ],
    [
      'rows with short names and little in them',
      () =>
        `{"date":"2026-11-28","m":"","u":0,"z":[],"y":[],"x":[],"w":{},"v":{},"t":null,"s":null,"r":0,"q":0}`,
    ],
    ['rows with lists of small lists', () => `{"date":"2026-11-28","hourly":[${'[0,0],'.repeat(23)}[0,0]]}`],
    [
      'keys with many budgets and tags',
      () =>
        `{"name":"k","budgets":[${Array(30).fill('{"a":0,"b":null,"c":[]}').join(',')}],"tags":[${'[],'.repeat(20)}[]]}`,
    ],
    [
      'rows that lack some of their members',
      (index) =>
        `{"date":"2026-11-28","model":"m${index}"${['usage', 'requests', 'tokens', 'byok']
          .filter((_, at) => (index >> at) & 1)
          .map((name) => `,"${name}":0`)
          .join('')},"reasoning_tokens":0}`,
    ],
  ])('is none of %s', (_name, part) => {
    expect(isIntricate(filledWith(part))).toBe(false);
  });

  it.each([0, 1, 2, 3])('is judged alike %i bytes after a multiple of four', (offset) => {
    const at = (json: Buffer): Buffer => Buffer.concat([Buffer.alloc(offset), json]).subarray(offset);
    const strings = filledWith((index) => JSON.stringify('{"\\'.repeat(index % 9) + 'é'.repeat(index % 5)));
    const objects = filledWith((index) => `${JSON.stringify('\\"'.repeat(index % 3))},{},{}`);

    expect(isIntricate(at(strings))).toBe(false);
    expect(isIntricate(at(objects))).toBe(true);
  });

  it('is never short', () => {
    expect(isIntricate(Buffer.from('['.repeat(60_000)))).toBe(false);
  });
});
