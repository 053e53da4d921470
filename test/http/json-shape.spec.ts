import { describe, expect, it } from '@jest/globals';
import { isIntricate } from '../../lib/http/json-shape.js';

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
  ])('is none of %s', (_name, part) => {
    expect(isIntricate(filledWith(part))).toBe(false);
  });

  it('is never short', () => {
    expect(isIntricate(Buffer.from('['.repeat(60_000)))).toBe(false);
  });
});
