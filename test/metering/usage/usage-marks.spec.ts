import { describe, expect, it } from '@jest/globals';
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
});
