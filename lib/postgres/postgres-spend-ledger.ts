import type { CompletionCostSource, CompletionOutcome, SpendScope } from '../contracts/completion-cost.js';
import type {
  SpendLedger,
  SpendLedgerEntry,
  SpendLedgerHold,
  SpendLedgerPageQuery,
  SpendLedgerQuery,
  SpendLedgerRange,
  SpendLedgerRow,
  SpendLedgerSum,
} from '../contracts/spend-ledger.js';
import { listOf, recordOf, textOf, wholeNumber } from './postgres-answers.js';
import { type SpendDatabase, storable, storableJson } from './spend-database.js';

/** A position. */
const CURSOR_RULE = /^\d{1,18}$/;

/** The table of completions. */
export class PostgresSpendLedger implements SpendLedger {
  readonly #database: SpendDatabase;

  constructor(database: SpendDatabase) {
    this.#database = database;
  }

  async record(account: string, entry: SpendLedgerEntry): Promise<void> {
    await this.#database.call('record', account, entry);
  }

  async report(
    account: string,
    { from, to, groupBy, scope = {}, moment = 'start' }: SpendLedgerQuery,
  ): Promise<readonly SpendLedgerSum[]> {
    const names = groupBy.filter((name) => columnOf(name) === undefined);
    const values = [storable(account), String(from), String(to), storableJson(scope), ...names.map(storable)];
    const keys = groupBy.map(
      (name): ReportKey => columnOf(name) ?? [`scope->>$${5 + names.indexOf(name)}::text`, asItIs],
    );
    const rows = await this.#database.read(
      account,
      reportText(this.#database.schema.quoted, keys, moment),
      values,
    );
    return rows.map((row) => ({
      key: groupBy.map((_, index) => {
        const value = row[`key${index}`];
        return typeof value === 'string' ? value : null;
      }),
      nanoUsd: BigInt(textOf(row['billed'])),
      unsettledNanoUsd: BigInt(textOf(row['unsettled'])),
      completions: wholeNumber(row['completions']),
      unknownCompletions: wholeNumber(row['unknown']),
      promptTokens: wholeNumber(row['prompt_tokens']),
      completionTokens: wholeNumber(row['completion_tokens']),
    }));
  }

  async openHolds(
    account: string,
    { from, to }: Pick<SpendLedgerRange, 'from' | 'to'>,
  ): Promise<readonly SpendLedgerHold[]> {
    const { quoted: s } = this.#database.schema;
    const rows = await this.#database.read(
      account,
      `SELECT nano_usd::text, note, admitted_at::text FROM ${s}.holds
      WHERE account = (SELECT id FROM ${s}.accounts WHERE name = $1::text) AND state IN ('held', 'unsettled')
        AND admitted_at >= $2::text::bigint AND admitted_at < $3::text::bigint`,
      [account, String(from), String(to)],
    );
    return rows.map((row) => ({
      nanoUsd: wholeNumber(row['nano_usd']),
      note: textOf(row['note']),
      admittedAt: wholeNumber(row['admitted_at']),
    }));
  }

  async page(
    account: string,
    { from, to, scope = {}, after = '0', limit }: SpendLedgerPageQuery,
  ): Promise<readonly SpendLedgerRow[] | undefined> {
    if (!CURSOR_RULE.test(after)) {
      return undefined;
    }
    const given = { from, to, scope, after, limit };
    const answer = await this.#database.call('page', account, given);
    return answer === null ? undefined : listOf(answer).map(recordOf).map(rowOf);
  }
}

/** What groups are made by, and the text of it. */
type ReportKey = readonly [expression: string, textOf: (name: string) => string];

const asItIs = (name: string): string => name;

function columnOf(name: string): ReportKey | undefined {
  return new Map<string, ReportKey>([
    ['day', [`(started_at AT TIME ZONE 'UTC')::date`, (day) => `to_char(${day}, 'YYYY-MM-DD') AS ${day}`]],
    ['model', ['model', asItIs]],
  ]).get(name);
}

/**
 * Groups are made of the columns of a subquery that stays apart (`OFFSET 0`). Of those, the planner expects few values, and
 * adds up in a hash table; of expressions over many rows, it expects as many values, and sorts all rows.
 */
function reportText(s: string, keys: readonly ReportKey[], moment: 'start' | 'end'): string {
  const inner = keys.map(([key], index) => `${key} AS key${index},`).join(' ');
  const outer = keys.map(([, text], index) => `${text(`key${index}`)},`).join(' ');
  const names = keys.map((_, index) => `entry.key${index}`).join(', ');
  const [since, before] = ['$2', '$3'].map((value) => `to_timestamp(${value}::text::bigint / 1000.0)`);
  const end = `started_at + duration_ms * interval '1 millisecond'`;
  return `SELECT ${outer}
    coalesce(sum(nano_usd) FILTER (WHERE source <> 'hold'), 0)::text AS billed,
    coalesce(sum(nano_usd) FILTER (WHERE source = 'hold'), 0)::text AS unsettled,
    count(*)::text AS completions, (count(*) - count(nano_usd))::text AS unknown,
    coalesce(sum(prompt_tokens), 0)::text AS prompt_tokens,
    coalesce(sum(completion_tokens), 0)::text AS completion_tokens
  FROM (SELECT ${inner} nano_usd, source, prompt_tokens, completion_tokens
    FROM ${s}.completions
    WHERE account = (SELECT id FROM ${s}.accounts WHERE name = $1::text)
      AND started_at >= ${since}${moment === 'start' ? '' : ` - interval '1 day'`} AND started_at < ${before}
      ${moment === 'start' ? '' : `AND ${end} >= ${since} AND ${end} < ${before}`}
      AND ($4::text = '{}' OR scope @> $4::text::jsonb)
    OFFSET 0) entry
  ${names === '' ? 'HAVING count(*) > 0' : `GROUP BY ${names} ORDER BY ${names}`}`;
}

function rowOf(row: Readonly<Record<string, unknown>>): SpendLedgerRow {
  return {
    id: textOf(row['id']),
    ...textMember('generationId', row),
    scope: recordOf(row['scope']) as SpendScope,
    ...textMember('model', row),
    ...textMember('provider', row),
    ...numberMember('promptTokens', row),
    ...numberMember('completionTokens', row),
    nanoUsd: row['nanoUsd'] === null ? null : wholeNumber(row['nanoUsd']),
    source: textOf(row['source']) as CompletionCostSource,
    outcome: textOf(row['outcome']) as CompletionOutcome,
    isByok: row['isByok'] === true,
    isStream: row['isStream'] === true,
    startedAt: wholeNumber(row['startedAt']),
    durationMs: wholeNumber(row['durationMs']),
    settledAt: wholeNumber(row['settledAt']),
    cursor: textOf(row['position']),
  };
}

function textMember(name: string, row: Readonly<Record<string, unknown>>): Record<string, string> {
  const value = row[name];
  return typeof value === 'string' ? { [name]: value } : {};
}

function numberMember(name: string, row: Readonly<Record<string, unknown>>): Record<string, number> {
  const value = row[name];
  return value === null || value === undefined ? {} : { [name]: wholeNumber(value) };
}
