import { types } from 'node:util';
import { wireDay } from '../../activity/activity.query.js';
import type { SpendScope } from '../../contracts/completion-cost.js';
import { OpenRouterValidationException } from '../../errors/client.exceptions.js';
import { checkCallOptions } from '../../options/check-options.js';
import { defineOptions, mustBe, type Rule } from '../../options/define-options.js';
import { checkScope, scopeNames } from '../../options/spend-scope.js';
import { scopeOf } from '../../spend-limits/ledger/ledger-entry.js';
import { isMatching, KEY_HASH_PATTERN } from '../../wire/identifiers.js';
import type { ExportCostsQuery, MeteringReconcileQuery, MeteringReportQuery } from './ledger.options.js';

const DAY_MS = 86_400_000;
const MAX_GROUPS = 8;

/** The last moment of a `Date`. */
const MAX_TIME = 8_640_000_000_000_000;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const CURSOR = /^[A-Za-z0-9._-]{1,100}$/;

const moment: Rule<Date | string> = mustBe(
  "a Date, or a text such as '2026-11-28' or '2026-11-28T10:30:00Z', from 1970 on",
  (value) => timeOf(value) !== undefined,
);

const someScope: Rule<SpendScope> = mustBe(
  "an object of strings, for example { tenant: 'acme' }",
  (value) => value !== null,
);

const names = scopeNames();

const groupBy: Rule<string | readonly string[]> = (value, siblings) => {
  const list: unknown = typeof value === 'string' ? [value] : value;
  return Array.isArray(list) && list.length > MAX_GROUPS
    ? `must have at most ${MAX_GROUPS} names; got ${list.length}`
    : names(list, siblings);
};

const REPORT_QUERY = defineOptions<MeteringReportQuery>("{ from: '2026-11-01', to: '2026-12-01' }", {
  from: moment,
  to: moment,
  groupBy,
  scope: someScope,
});

const RECONCILE_QUERY = defineOptions<MeteringReconcileQuery>("{ date: '2026-11-28' }", {
  date: mustBe(
    "a day of the calendar: a text such as '2026-11-28', or a Date, of which the day in UTC counts",
    (value) => wireDay(value) !== undefined,
  ),
  apiKeyHash: mustBe('64 lower-case hexadecimal digits; `ApiKeysService.hashOf(key)` returns them', (value) =>
    isMatching(value, KEY_HASH_PATTERN),
  ),
});

const EXPORT_QUERY = defineOptions<ExportCostsQuery>("{ from: '2026-11-01' }", {
  from: moment,
  to: moment,
  scope: someScope,
  after: mustBe('the `cursor` of an exported entry', (value) => isMatching(value, CURSOR)),
});

/** A span of time, in milliseconds since 1970, and whose completions count in it. */
export interface CheckedRange {
  readonly from: number;
  readonly to: number;
  readonly scope?: SpendScope;
}

export interface CheckedReport extends CheckedRange {
  readonly groupBy: readonly string[];
}

export interface CheckedDay {
  /** For example `2026-11-28`. */
  readonly date: string;
  /** Its midnight in UTC, in milliseconds since 1970. */
  readonly from: number;
  /** The midnight after it. */
  readonly to: number;
  readonly apiKeyHash?: string;
}

export interface CheckedExport extends CheckedRange {
  readonly after?: string;
}

/** @throws `OpenRouterValidationException` */
export function checkReportQuery(query: MeteringReportQuery): CheckedReport {
  const subject = 'metering.report, query';
  const { from, to, groupBy: by = [], scope } = checkCallOptions(REPORT_QUERY, query, subject);
  if (from === undefined || to === undefined) {
    throw fault(subject, from === undefined ? 'from' : 'to', "must be given, for example '2026-11-01'");
  }
  return { ...rangeOf(subject, 'metering.report', { from, to, scope }), groupBy: [by].flat() };
}

/**
 * @param now - The present, in milliseconds since 1970.
 * @throws `OpenRouterValidationException`
 */
export function checkReconcileQuery(query: MeteringReconcileQuery, now: number): CheckedDay {
  const subject = 'metering.reconcile, query';
  const { date: given, apiKeyHash } = checkCallOptions(RECONCILE_QUERY, query, subject);
  const date = wireDay(given);
  if (date === undefined) {
    throw fault(subject, 'date', "must be given, for example '2026-11-28'");
  }
  const from = Date.parse(date);
  const to = from + DAY_MS;
  if (to > now) {
    throw fault(
      subject,
      'date',
      `must be a day that is over in UTC; ${date} is not. Ask half an hour after its end or later`,
    );
  }
  return { date, from, to, ...(apiKeyHash !== undefined && { apiKeyHash }) };
}

/** @throws `OpenRouterValidationException` */
export function checkExportQuery(query: ExportCostsQuery): CheckedExport {
  const subject = 'metering.exportCosts, query';
  const { from, to, scope, after } = checkCallOptions(EXPORT_QUERY, query, subject);
  return {
    ...rangeOf(subject, 'metering.exportCosts', { from, to, scope }),
    ...(after !== undefined && { after }),
  };
}

/** The exception for a cursor of another ledger. */
export function foreignCursor(): OpenRouterValidationException {
  return fault(
    'metering.exportCosts, query',
    'after',
    'must be the `cursor` of an entry of this ledger, which has none that far: it may be of another database, or from after ' +
      'the backup that was restored',
  );
}

function rangeOf(
  subject: string,
  operation: string,
  given: Pick<ExportCostsQuery, 'from' | 'to' | 'scope'>,
): CheckedRange {
  const from = given.from === undefined ? 0 : timeOf(given.from);
  const to = given.to === undefined ? MAX_TIME : timeOf(given.to);
  if (from === undefined || to === undefined || from >= to) {
    throw fault(subject, 'to', 'must be after `from`; it is the first moment that does not count');
  }
  const scope = given.scope && scopeOf(checkScope(given.scope, `${operation}, scope`));
  return { from, to, ...(scope !== undefined && { scope }) };
}

/** Milliseconds since 1970; `undefined` for what is no moment from then on. */
function timeOf(value: unknown): number | undefined {
  // Not by instanceof: a Date may come from another realm.
  const time = types.isDate(value) ? value.getTime() : typeof value === 'string' ? parsed(value) : NaN;
  return time >= 0 ? time : undefined;
}

function parsed(text: string): number {
  const day = DAY.test(text) ? text : TIME.exec(text)?.[1];
  // JavaScript reads 31 February as 3 March.
  return wireDay(day) === undefined ? NaN : Date.parse(text);
}

function fault(subject: string, property: string, reason: string): OpenRouterValidationException {
  return new OpenRouterValidationException(subject, [
    { property, constraints: { rule: `\`${property}\` ${reason}` } },
  ]);
}
