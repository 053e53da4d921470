import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayText, parseDay } from '../../lib/activity/activity-day.js';

describe('a day of the wire', () => {
  it.each([
    '2026-08-24',
    '2026-08-24 00:00:00',
    '2026-08-24 13:59',
    '2026-08-24T00:00:00',
    '2026-08-24T00:00:00Z',
    '2026-08-24T23:59:59.999999Z',
    '2026-08-24T00:00:00+00:00',
    '2026-08-24 00:00:00-0000',
  ])('is read from %s', (text) => {
    expect(parseDay(text)).toBe(Date.UTC(2026, 7, 24));
  });

  it.each([
    '',
    '2026-02-29',
    '2026-02-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '2026-1-1',
    '26-01-01',
    '20260101',
    '2026-01-01T',
    '2026-01-01T00:00:00+02:00',
    ' 2026-01-01',
    '2026-01-01\n',
    '2026-01-01x',
    '+002026-01-01',
    'August 24, 2026',
    '1767322800000',
  ])('is not guessed from %j', (text) => {
    expect(parseDay(text)).toBeUndefined();
  });

  it('knows leap years', () => {
    expect(parseDay('2028-02-29')).toBe(Date.UTC(2028, 1, 29));
    expect(parseDay('2100-02-29')).toBeUndefined();
    expect(parseDay('2000-02-29')).toBe(Date.UTC(2000, 1, 29));
  });

  it('is that of its own text, for every day', () => {
    const dates = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseDay(dayText(date))).toBe(Math.floor(date.getTime() / 86_400_000) * 86_400_000);
      }),
    );
  });
});
