import type { ActivityService } from '../../activity/activity.service.js';
import type { Clock } from '../../async/clock.js';
import type { SpendLedgerRow } from '../../contracts/spend-ledger.js';
import type { OpenRouterConfigException } from '../../errors/client.exceptions.js';
import { nanoToUsd } from '../../money/nano-usd.js';
import { configFault } from '../../options/config-fault.js';
import type { LedgerReader } from '../../spend-limits/ledger/ledger-reader.js';
import {
  type CheckedDay,
  type CheckedExport,
  type CheckedReport,
  checkExportQuery,
  checkReconcileQuery,
  checkReportQuery,
  foreignCursor,
} from './ledger-arguments.js';
import type { ExportedCost, MeteringReconciliation, MeteringReport } from './ledger.models.js';
import type { ExportCostsQuery, MeteringReconcileQuery, MeteringReportQuery } from './ledger.options.js';
import type { MissedNames } from './missed-names.js';
import { reconciliation } from './reconciliation.js';
import { spendReport, withHolds } from './spend-report.js';

/** How far OpenRouter's clock, and the end of a completion that was left, may be from the meter's. */
const MIDNIGHT_MARGIN_MS = 300_000;

const PAGE_SIZE = 1_000;

const UNSETTLED = ['hold', 'unknown'];

export interface MeteringLedgerParts {
  /** `undefined` if the store keeps no ledger. */
  readonly reader: LedgerReader | undefined;
  readonly activity: Pick<ActivityService, 'list'>;
  readonly byok: 'fee' | 'total';
  readonly clock: Clock;
  readonly missedNames: MissedNames;
}

/** What the ledger of an account tells: sums, the comparison with OpenRouter's bill, and each entry. */
export class MeteringLedger {
  readonly #parts: MeteringLedgerParts;

  constructor(parts: MeteringLedgerParts) {
    this.#parts = parts;
  }

  async report(query: MeteringReportQuery): Promise<MeteringReport> {
    const checked = checkReportQuery(query);
    const reader = this.#reader('metering.report');
    return this.#report(reader, checked);
  }

  async reconcile(query: MeteringReconcileQuery): Promise<MeteringReconciliation> {
    const day = checkReconcileQuery(query, this.#parts.clock.wallNow());
    const reader = this.#reader('metering.reconcile');
    const { activity, byok } = this.#parts;
    const { date, apiKeyHash } = day;
    const [metered, billed] = await Promise.all([
      meteredOn(reader, day),
      activity.list({ date, ...(apiKeyHash !== undefined && { apiKeyHash }) }),
    ]);
    return reconciliation(date, metered, billed, byok);
  }

  exportCosts(query: ExportCostsQuery): AsyncGenerator<ExportedCost, void, undefined> {
    const checked = checkExportQuery(query);
    return entriesOf(this.#reader('metering.exportCosts'), checked, this.#parts.missedNames);
  }

  async #report(reader: LedgerReader, query: CheckedReport): Promise<MeteringReport> {
    const { from, to } = query;
    // First what is open: a completion that is billed in the meantime is then told twice rather than not at all.
    const holds = await reader.read((ledger, account) => ledger.openHolds(account, { from, to }));
    const sums = await reader.read((ledger, account) => ledger.report(account, query));
    const report = spendReport(query, sums, holds);
    const { missedNames } = this.#parts;
    missedNames.noteGroups(query.groupBy, report);
    if (report.rows.length === 0) {
      missedNames.noteEmpty(query.scope);
    }
    return report;
  }

  #reader(operation: string): LedgerReader {
    const { reader } = this.#parts;
    if (reader === undefined) {
      throw noLedger(operation);
    }
    return reader;
  }
}

async function meteredOn(
  reader: LedgerReader,
  { from, to }: CheckedDay,
): Promise<Parameters<typeof reconciliation>[1]> {
  const groupBy = ['model'];
  const moment = 'end';
  const holds = await reader.read((ledger, account) => ledger.openHolds(account, { from, to }));
  const [ended = [], ...aboutMidnight] = await Promise.all(
    [
      { from, to },
      ...[from, to].map((midnight) => ({
        from: Math.max(0, midnight - MIDNIGHT_MARGIN_MS),
        to: midnight + MIDNIGHT_MARGIN_MS,
      })),
    ].map((range) => reader.read((ledger, account) => ledger.report(account, { ...range, groupBy, moment }))),
  );
  return { ended: withHolds({ groupBy }, ended, holds), aboutMidnight: aboutMidnight.flat() };
}

async function* entriesOf(
  reader: LedgerReader,
  { after: first, ...range }: CheckedExport,
  missedNames: MissedNames,
): AsyncGenerator<ExportedCost, void, undefined> {
  let after = first;
  for (;;) {
    const place = after;
    const rows = await reader.read((ledger, account) =>
      ledger.page(account, { ...range, limit: PAGE_SIZE, ...(place !== undefined && { after: place }) }),
    );
    if (rows === undefined) {
      throw foreignCursor();
    }
    if (rows.length === 0 && after === undefined) {
      missedNames.noteEmpty(range.scope);
    }
    yield* rows.map(exported);
    after = rows.at(-1)?.cursor ?? after;
    if (rows.length < PAGE_SIZE) {
      return;
    }
  }
}

function exported({ startedAt, settledAt, nanoUsd, ...row }: SpendLedgerRow): ExportedCost {
  const { generationId, model, provider, promptTokens, completionTokens } = row;
  return Object.freeze({
    id: row.id,
    cursor: row.cursor,
    isFinal: !UNSETTLED.includes(row.source),
    usd: nanoUsd === null ? null : nanoToUsd(nanoUsd),
    nanoUsd,
    source: row.source,
    ...(generationId !== undefined && { generationId }),
    ...(model !== undefined && { model }),
    ...(provider !== undefined && { provider }),
    ...(promptTokens !== undefined && { promptTokens }),
    ...(completionTokens !== undefined && { completionTokens }),
    isByok: row.isByok,
    isStream: row.isStream,
    outcome: row.outcome,
    scope: Object.freeze({ ...row.scope }),
    startedAt: new Date(startedAt),
    durationMs: row.durationMs,
    settledAt: new Date(settledAt),
  });
}

function noLedger(operation: string): OpenRouterConfigException {
  return configFault(
    operation,
    'the account keeps no ledger. Set `spendLimits.store` to a store that does: `PostgresSpendStore` of ' +
      "'nestjs-openrouter/postgres', on PostgreSQL or PGlite. `spendLimits.rules` may be empty",
  );
}
