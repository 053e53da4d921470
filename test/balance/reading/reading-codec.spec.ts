import { describe, expect, it } from '@jest/globals';
import { parseReading, readingText } from '../../../lib/balance/reading/reading-codec.js';

describe('a reading in a store', () => {
  const record = {
    reading: {
      credits: { totalCredits: 100.1, totalUsage: 25.35 },
      key: { limitRemaining: null },
      fetchedAt: 1_700_000_000_000,
    },
    tookMs: 120.5,
    jitter: 0.95,
  };

  it('comes back as it was', () => {
    expect(parseReading(readingText(record))).toEqual(record);
    const sparse = { ...record, reading: { credits: null, key: null, fetchedAt: 0 } };
    expect(parseReading(readingText(sparse))).toEqual(sparse);
  });

  it.each([
    '',
    'garbage',
    'null',
    '[]',
    '{}',
    '{"version":1}',
    readingText(record).replace('"version":1', '"version":2'),
    readingText(record).replace('100.1', '"100.1"'),
    readingText(record).replace('100.1', '1e400'),
    readingText(record).replace('100.1', '1.7e308').replace('25.35', '-1.7e308'),
    readingText(record).replace('{"limitRemaining":null}', '{}'),
    readingText(record).replace('{"limitRemaining":null}', '[]'),
    readingText(record).replace('{"totalCredits":100.1,"totalUsage":25.35}', '7'),
    readingText(record).replace('1700000000000', '9e15'),
    readingText(record).replace('120.5', '-1'),
    readingText(record).replace('0.95', '3'),
  ])('is not believed as %s', (text) => {
    expect(parseReading(text)).toBeUndefined();
  });
});
