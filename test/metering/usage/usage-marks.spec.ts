import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayStateUsage } from '../../../lib/metering/usage/usage-marks.js';
import { bytesOf } from './support/recording-listener.js';

describe('mayStateUsage', () => {
  it.each([
    ['{"usage":{"cost":1}}', true],
    ['{"usage" :\n {"cost":1}}', true],
    ['{"usage":null,"response":{"usage":{}}}', true],
    ['"usage"\ndata: :{}', true],
    ['{"error":{"code":502}}', true],
    ['{"type":"error"}', true],
    ['{"finish_reason":"error"}', true],
    ['{"usage":null}', false],
    ['{"usage" : null, "error": null}', false],
    ['{"content":"usage"}', false],
    ['{"content":"\\"usage\\":{\\"cost\\":1}"}', false],
    ['{"usages":{"cost":1},"my_usage":1}', false],
    ['data: [DONE]', false],
    ['', false],
  ])('of %s is %s', (text, may) => {
    expect(mayStateUsage(bytesOf(text))).toBe(may);
  });

  it('finds a mark anywhere among bytes that resemble one', () => {
    const around = fc.string({
      unit: fc.constantFrom('"', 'u', 's', 'a', 'g', 'e', 'r', 'o', ':', ',', '{'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(around, around, fc.constantFrom('"usage":1', '"error":1'), (before, after, mark) => {
        expect(mayStateUsage(bytesOf(before + mark + after))).toBe(true);
      }),
    );
  });

  it('finds nothing where there is neither name', () => {
    const text = fc.string({ unit: fc.constantFrom('"', 'u', 's', 'a', 'g', 'e', 'r', 'o'), maxLength: 60 });
    fc.assert(
      fc.property(text, (between) => {
        fc.pre(!between.includes('"usage"') && !between.includes('"error"'));
        expect(mayStateUsage(bytesOf(between))).toBe(false);
      }),
    );
  });
});
