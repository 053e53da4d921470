import { describe, expect, it } from '@jest/globals';
import { OpenRouterValidationException } from '../../../lib/index.js';
import {
  checkExportQuery,
  checkReconcileQuery,
  checkReportQuery,
} from '../../../lib/metering/ledger/ledger-arguments.js';

const NOW = Date.parse('2026-11-29T00:10:00Z');

/** The refused properties, and the message. */
function refusal(check: () => unknown): [string[], string] {
  try {
    check();
  } catch (error) {
    if (error instanceof OpenRouterValidationException) {
      return [error.errors.map(({ property }) => property), error.message];
    }
    throw error;
  }
  return [[], ''];
}

describe('the query of a report', () => {
  it('takes days, times and dates', () => {
    const to = new Date('2026-12-01T00:00:00Z');
    expect(checkReportQuery({ from: '2026-11-01', to })).toEqual({
      from: Date.parse('2026-11-01T00:00:00Z'),
      to: to.getTime(),
      groupBy: [],
    });
    expect(checkReportQuery({ from: '2026-11-01T02:00:00+02:00', to, groupBy: 'day' })).toMatchObject({
      from: Date.parse('2026-11-01T00:00:00Z'),
      groupBy: ['day'],
    });
    const scope = { tenant: 'acme' };
    expect(checkReportQuery({ from: '2026-11-01', to, groupBy: ['tenant', 'model'], scope })).toMatchObject({
      groupBy: ['tenant', 'model'],
      scope,
    });
  });

  const RANGE = { from: '2026-11-01', to: '2026-12-01' };

  it.each<[string, object, string[], RegExp]>([
    ['no beginning', { to: '2026-12-01' }, ['from'], /`from` must be given/],
    ['no end', { from: '2026-12-01' }, ['to'], /`to` must be given/],
    ['an end before the beginning', { from: '2026-12-01', to: '2026-11-01' }, ['to'], /must be after `from`/],
    [
      'a day that there is not',
      { ...RANGE, from: '2026-02-31' },
      ['from'],
      /must be a Date, or a text such as/,
    ],
    ['a text without a zone', { ...RANGE, from: '2026-11-01T10:00:00' }, ['from'], /2026-11-28T10:30:00Z/],
    ['a number', { ...RANGE, to: 5 }, ['to'], /must be a Date/],
    ['a bad Date', { ...RANGE, to: new Date(NaN) }, ['to'], /must be a Date/],
    ['what is no name', { ...RANGE, groupBy: ['Tenant!'] }, ['groupBy'], /names of the scope/],
    ['a name twice', { ...RANGE, groupBy: ['day', 'day'] }, ['groupBy'], /'day' twice/],
    ['too many names', { ...RANGE, groupBy: Array.from('abcdefghi') }, ['groupBy'], /at most 8/],
    ['a bad scope', { ...RANGE, scope: { tenant: 5 } }, ['tenant'], /must be a string/],
    ['a misspelt member', { ...RANGE, groupby: 'day' }, ['groupby'], /groupBy/],
    ['no query', undefined as never, [''], /must be an object/],
  ])('refuses %s', (_case, query, properties, message) => {
    const [refused, told] = refusal(() => checkReportQuery(query as never));
    expect(refused).toEqual(properties);
    expect(told).toMatch(message);
    expect(told).toMatch(/^metering\.report, /);
  });
});

describe('the query of a reconciliation', () => {
  it('takes a day that is over', () => {
    const [from, to] = [Date.parse('2026-11-28'), Date.parse('2026-11-29')];
    expect(checkReconcileQuery({ date: '2026-11-28' }, NOW)).toEqual({ date: '2026-11-28', from, to });
    expect(checkReconcileQuery({ date: new Date(from + 5) }, NOW)).toMatchObject({ date: '2026-11-28' });
    const apiKeyHash = 'a'.repeat(64);
    expect(checkReconcileQuery({ date: '2026-11-28', apiKeyHash }, NOW)).toMatchObject({ apiKeyHash });
  });

  it.each<[string, object, string[], RegExp]>([
    ['no day', {}, ['date'], /must be given/],
    ['today', { date: '2026-11-29' }, ['date'], /must be a day that is over in UTC; 2026-11-29 is not/],
    ['a time', { date: '2026-11-28T00:00:00Z' }, ['date'], /a day of the calendar/],
    ['a bad hash', { date: '2026-11-28', apiKeyHash: 'x' }, ['apiKeyHash'], /ApiKeysService\.hashOf/],
  ])('refuses %s', (_case, query, properties, message) => {
    const [refused, told] = refusal(() => checkReconcileQuery(query as never, NOW));
    expect(refused).toEqual(properties);
    expect(told).toMatch(message);
  });
});

describe('the query of an export', () => {
  it('takes everything by default', () => {
    expect(checkExportQuery({})).toEqual({ from: 0, to: 8_640_000_000_000_000 });
    expect(checkExportQuery({ after: '17', from: '2026-11-28' })).toMatchObject({ after: '17' });
  });

  it.each<[string, object, string[]]>([
    ['an empty cursor', { after: '' }, ['after']],
    ['what is no cursor', { after: "'; drop table" }, ['after']],
    ['an empty range', { from: '2026-11-28', to: '2026-11-28' }, ['to']],
  ])('refuses %s', (_case, query, properties) => {
    expect(refusal(() => checkExportQuery(query as never))[0]).toEqual(properties);
  });
});
