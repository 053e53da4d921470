import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { SpendPeriod } from '../../../lib/contracts/spend-period.js';
import type { SpendSpan } from '../../../lib/contracts/spend-store.js';
import { pickWindow } from '../../../lib/spend-limits/windows/picked-window.js';
import { spendWindows } from '../../../lib/spend-limits/windows/spend-windows.js';

function spanAt(period: SpendPeriod, zone: string, at: number): SpendSpan {
  return pickWindow(spendWindows(period, zone)(at, null), at)!.span;
}

describe('the span of a limit', () => {
  it.each<[SpendPeriod, string, string, string, string, string]>([
    ['day', 'UTC', '2026-11-28T12:00:00Z', '2026-11-28', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z'],
    ['day', 'UTC', '2026-12-31T23:59:59.999Z', '2026-12-31', '2026-12-31T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['day', 'UTC', '2028-02-29T00:00:00Z', '2028-02-29', '2028-02-29T00:00:00Z', '2028-03-01T00:00:00Z'],
    // A Saturday, a Sunday, a Monday, and a week of two years.
    ['week', 'UTC', '2026-11-28T12:00:00Z', '2026-11-23', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['week', 'UTC', '2026-11-29T23:59:59Z', '2026-11-23', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['week', 'UTC', '2026-11-30T00:00:00Z', '2026-11-30', '2026-11-30T00:00:00Z', '2026-12-07T00:00:00Z'],
    ['week', 'UTC', '2027-01-01T00:00:00Z', '2026-12-28', '2026-12-28T00:00:00Z', '2027-01-04T00:00:00Z'],
    ['month', 'UTC', '2026-02-28T23:59:59Z', '2026-02', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['month', 'UTC', '2028-02-29T12:00:00Z', '2028-02', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['month', 'UTC', '2026-12-31T12:00:00Z', '2026-12', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    // Clocks go forward, and back.
    [
      'day',
      'Europe/Berlin',
      '2027-03-28T12:00:00Z',
      '2027-03-28',
      '2027-03-27T23:00:00Z',
      '2027-03-28T22:00:00Z',
    ],
    [
      'day',
      'Europe/Berlin',
      '2026-10-25T12:00:00Z',
      '2026-10-25',
      '2026-10-24T22:00:00Z',
      '2026-10-25T23:00:00Z',
    ],
    [
      'day',
      'America/New_York',
      '2027-11-07T05:59:59Z',
      '2027-11-07',
      '2027-11-07T04:00:00Z',
      '2027-11-08T05:00:00Z',
    ],
    [
      'week',
      'Europe/Berlin',
      '2027-03-28T21:59:59Z',
      '2027-03-22',
      '2027-03-21T23:00:00Z',
      '2027-03-28T22:00:00Z',
    ],
    [
      'month',
      'Europe/Berlin',
      '2027-03-31T21:59:59Z',
      '2027-03',
      '2027-02-28T23:00:00Z',
      '2027-03-31T22:00:00Z',
    ],
    // By half an hour.
    [
      'day',
      'Australia/Lord_Howe',
      '2027-04-04T00:00:00Z',
      '2027-04-04',
      '2027-04-03T13:00:00Z',
      '2027-04-04T13:30:00Z',
    ],
    // At midnight: a day that begins at one o'clock, and one whose last hour comes twice.
    [
      'day',
      'America/Santiago',
      '2026-09-06T12:00:00Z',
      '2026-09-06',
      '2026-09-06T04:00:00Z',
      '2026-09-07T03:00:00Z',
    ],
    [
      'day',
      'America/Santiago',
      '2027-04-04T03:30:00Z',
      '2027-04-03',
      '2027-04-03T03:00:00Z',
      '2027-04-04T04:00:00Z',
    ],
    // The first hour comes twice.
    [
      'day',
      'America/Havana',
      '2026-11-01T05:30:00Z',
      '2026-11-01',
      '2026-11-01T04:00:00Z',
      '2026-11-02T05:00:00Z',
    ],
    // The day before one that there was not.
    [
      'day',
      'Pacific/Apia',
      '2011-12-30T09:59:59Z',
      '2011-12-29',
      '2011-12-29T10:00:00Z',
      '2011-12-30T10:00:00Z',
    ],
    [
      'day',
      'Pacific/Apia',
      '2011-12-30T10:00:00Z',
      '2011-12-31',
      '2011-12-30T10:00:00Z',
      '2011-12-31T10:00:00Z',
    ],
    // Far from UTC, and by quarters of an hour.
    [
      'month',
      'Pacific/Kiritimati',
      '2027-12-31T10:00:00Z',
      '2028-01',
      '2027-12-31T10:00:00Z',
      '2028-01-31T10:00:00Z',
    ],
    [
      'day',
      'Pacific/Niue',
      '2028-03-01T10:59:59Z',
      '2028-02-29',
      '2028-02-29T11:00:00Z',
      '2028-03-01T11:00:00Z',
    ],
    [
      'day',
      'Asia/Kathmandu',
      '2026-11-28T18:15:00Z',
      '2026-11-29',
      '2026-11-28T18:15:00Z',
      '2026-11-29T18:15:00Z',
    ],
  ])('a %s in %s at %s is that of %s', (period, zone, at, date, from, to) => {
    const span = spanAt(period, zone, Date.parse(at));
    expect([span.id, new Date(span.from).toISOString(), new Date(span.to!).toISOString()]).toEqual([
      `${period as string}@${zone}:${date}`,
      new Date(from).toISOString(),
      new Date(to).toISOString(),
    ]);
    expect(span.keepUntil).toBe(span.to! + 8 * 86_400_000);
  });

  it('of all time never ends', () => {
    expect(spanAt('total', 'Europe/Berlin', Date.now())).toEqual({
      id: 'total',
      from: 0,
      to: null,
      keepUntil: null,
    });
  });

  it('has a neighbour on each side, without a gap, and the same bounds from wherever it is seen', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<SpendPeriod>('day', 'week', 'month'),
        fc.constantFrom(
          'UTC',
          'Europe/London',
          'America/Sao_Paulo',
          'America/St_Johns',
          'Asia/Gaza',
          'Africa/Cairo',
          'Australia/Lord_Howe',
          'Pacific/Chatham',
          'Antarctica/Troll',
        ),
        fc.integer({ min: Date.UTC(2012, 0), max: Date.UTC(2040, 0) }),
        (period, zone, at) => {
          const { spans } = spendWindows(period, zone)(at, null);
          expect(spans).toHaveLength(3);
          const [before, present, after] = spans as [SpendSpan, SpendSpan, SpendSpan];
          expect(present.from <= at && at < present.to!).toBe(true);
          expect([before.to, present.to]).toEqual([present.from, after.from]);
          expect(spanAt(period, zone, present.from)).toEqual(present);
          expect(spanAt(period, zone, present.to! - 1)).toEqual(present);
          expect(spanAt(period, zone, present.to!)).toEqual(after);
          expect(spanAt(period, zone, before.from)).toEqual(before);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is computed again when it is over, and not before', () => {
    const windowAt = spendWindows('day', 'Europe/Berlin');
    const noon = Date.parse('2027-03-28T12:00:00Z');
    const { spans } = windowAt(noon, null);
    expect(windowAt(noon + 1, 5)).toEqual({ spans, slots: 1, limitNanoUsd: 5 });
    expect(windowAt(noon + 1, 5).spans).toBe(spans);
    expect(windowAt(spans[1]!.to!, 5).spans[1]).toEqual(spans[2]);
    expect(windowAt(noon, 5).spans).toEqual(spans);
  });

  it('refuses a zone that there is not', () => {
    expect(() => spendWindows('day', 'Mars/Olympus')).toThrow(RangeError);
  });
});

describe('a rolling window', () => {
  const HOUR = 3_600_000;
  const slot = HOUR / 2;

  it.each([1, 24, 720])('of %d hours counts its whole oldest part, and nothing older', (hours) => {
    const windowAt = spendWindows({ rollingHours: hours });
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }), (at) => {
        const { from, to, counted, slot: own, span } = pickWindow(windowAt(at, null), at)!;
        const length = (hours * HOUR) / 48;
        expect(at - from).toBeGreaterThanOrEqual(hours * HOUR);
        expect(at - from).toBeLessThan(hours * HOUR + length);
        expect(to! - from).toBe(49 * length);
        const slots = counted.map(({ first, last }) => last - first + 1);
        expect(slots[0]! + slots[1]!).toBe(49);
        expect(Math.floor((at - span.from) / length)).toBe(own);
        expect(span.keepUntil).toBeGreaterThan(span.to! + hours * HOUR);
      }),
    );
  });

  it('is seen the same by a store whose clock is up to one span away', () => {
    const windowAt = spendWindows({ rollingHours: 24 });
    const at = Date.UTC(2026, 10, 28, 12, 10);
    const here = pickWindow(windowAt(at, null), at);
    expect(here).toMatchObject({ slot: 24, span: { id: expect.stringMatching(/^rolling24:\d+$/) } });
    for (const away of [-24 * HOUR, -HOUR, slot, 24 * HOUR]) {
      expect(pickWindow(windowAt(at + away, null), at)).toEqual(here);
    }
    expect(pickWindow(windowAt(at + 48 * HOUR, null), at)).toBeUndefined();
    expect(pickWindow(windowAt(at - 48 * HOUR, null), at)).toBeUndefined();
  });
});
