import { describe, expect, it } from '@jest/globals';
import { parseHttpDate, parseRetryAfter } from '../../../lib/errors/parsing/retry-after.js';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 37);
const TODAY = Date.UTC(2026, 10, 28, 12);

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    ['007', 7_000],
    ['  30\t', 30_000],
    ['3600', 3_600_000],
    ['9999999999', 9_999_999_999_000],
  ])('of %j is %d ms', (value, expected) => {
    expect(parseRetryAfter(value, undefined, NOW)).toBe(expected);
  });

  it.each([
    ['Sun, 06 Nov 1994 08:49:38 GMT', 1_000],
    ['Sunday, 06-Nov-94 08:49:47 GMT', 10_000],
    ['Sun Nov  6 08:50:37 1994', 60_000],
    ['Sun Nov 16 08:49:37 1994', 864_000_000],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:36 GMT', 0],
    ['Fri, 31 Dec 1993 23:59:59 GMT', 0],
  ])('as the date %j is %d ms from now', (value, expected) => {
    expect(parseRetryAfter(value, undefined, NOW)).toBe(expected);
  });

  it.each([
    ['ahead', 'Sun, 06 Nov 1994 08:59:37 GMT'],
    ['behind', 'Sun, 06 Nov 1994 08:39:37 GMT'],
  ])('is measured from the clock of a server that is ten minutes %s', (_name, date) => {
    const at = new Date((parseHttpDate(date, NOW) ?? 0) + 5_000).toUTCString();
    expect(parseRetryAfter(at, date, NOW)).toBe(5_000);
  });

  it('is measured from this clock where that of the server cannot be read', () => {
    const at = 'Sun, 06 Nov 1994 08:49:40 GMT';
    for (const date of [undefined, '', 'now', '1994-11-06T00:00:00Z']) {
      expect(parseRetryAfter(at, date, NOW)).toBe(3_000);
    }
  });

  it('in seconds asks for no clock at all', () => {
    expect(parseRetryAfter('5', 'Sun, 06 Nov 2094 08:39:37 GMT', NOW)).toBe(5_000);
  });

  it.each([
    undefined,
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e9',
    '0x10',
    '5 seconds',
    '3,4',
    '3, 4',
    '12345678901',
    '99999999999999999999',
    '١٢',
    'NaN',
    'Infinity',
    'null',
    'tomorrow',
    '2026-11-23',
    '1994-11-06T08:49:37Z',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 06 Nov 1994 08:49:37 +0000',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Xyz 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 06 Nov 94 08:49:37 GMT',
    // Numbers that are in no calendar.
    'Sun, 99 Nov 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Thu, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:49:37 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:99 GMT',
    'Sun Nov 99 08:49:37 1994',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:38 GMT',
  ])('of %j says nothing', (value) => {
    expect(parseRetryAfter(value, undefined, NOW)).toBeUndefined();
  });
});

describe('an HTTP-date', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
    ['Sunday, 06-Nov-94 08:49:37 GMT', '1994-11-06T08:49:37.000Z'],
    ['Sun Nov  6 08:49:37 1994', '1994-11-06T08:49:37.000Z'],
    ['Wednesday, 01-Jan-69 00:00:00 GMT', '2069-01-01T00:00:00.000Z'],
    ['Friday, 31-Dec-99 23:59:59 GMT', '1999-12-31T23:59:59.000Z'],
    ['Monday, 23-Nov-26 12:00:00 GMT', '2026-11-23T12:00:00.000Z'],
    ['Thu, 29 Feb 2024 00:00:00 GMT', '2024-02-29T00:00:00.000Z'],
    ['Thu Feb 29 00:00:00 2024', '2024-02-29T00:00:00.000Z'],
  ])('%j is %s', (text, expected) => {
    expect(new Date(parseHttpDate(text, TODAY) ?? NaN).toISOString()).toBe(expected);
  });

  it.each(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'])(
    'knows %s as JavaScript does',
    (month) => {
      expect(parseHttpDate(`Mon, 15 ${month} 2027 01:02:03 GMT`, TODAY)).toBe(
        Date.parse(`15 ${month} 2027 01:02:03 GMT`),
      );
    },
  );

  it.each([
    ['1994-11-06', 'Saturday, 05-Nov-44 12:00:00 GMT', '2044-11-05T12:00:00.000Z'],
    ['1994-11-06', 'Monday, 07-Nov-44 12:00:00 GMT', '1944-11-07T12:00:00.000Z'],
    ['1994-11-06', 'Friday, 01-Jan-00 00:00:00 GMT', '2000-01-01T00:00:00.000Z'],
    ['2026-11-28', 'Friday, 27-Nov-76 23:59:59 GMT', '2076-11-27T23:59:59.000Z'],
    ['2026-11-28', 'Saturday, 28-Nov-76 00:00:01 GMT', '1976-11-28T00:00:01.000Z'],
    ['2026-11-28', 'Friday, 01-Jan-77 00:00:00 GMT', '1977-01-01T00:00:00.000Z'],
    ['2026-11-28', 'Thursday, 31-Dec-70 23:59:59 GMT', '2070-12-31T23:59:59.000Z'],
    ['2026-11-28', 'Friday, 31-Dec-99 23:59:59 GMT', '1999-12-31T23:59:59.000Z'],
    ['2026-11-28', 'Tuesday, 29-Feb-00 00:00:00 GMT', '2000-02-29T00:00:00.000Z'],
    ['2049-12-31', 'Saturday, 01-Jan-00 00:00:00 GMT', '2000-01-01T00:00:00.000Z'],
    ['2050-01-01', 'Friday, 01-Jan-00 00:00:00 GMT', '2100-01-01T00:00:00.000Z'],
    ['2080-01-01', 'Monday, 01-Jan-05 00:00:00 GMT', '2105-01-01T00:00:00.000Z'],
    ['2080-01-01', 'Monday, 29-Feb-00 00:00:00 GMT', '2000-02-29T00:00:00.000Z'],
  ])('of two digits is at most 50 years in the future: on %s %j is %s', (today, text, expected) => {
    expect(new Date(parseHttpDate(text, Date.parse(today)) ?? NaN).toISOString()).toBe(expected);
  });
});
