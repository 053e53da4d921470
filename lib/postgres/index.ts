/**
 * Spend limits and a ledger of completions in PostgreSQL.
 *
 * @module nestjs-openrouter/postgres
 */
export type {
  SpendLedger,
  SpendLedgerEntry,
  SpendLedgerHold,
  SpendLedgerPageQuery,
  SpendLedgerQuery,
  SpendLedgerRange,
  SpendLedgerRow,
  SpendLedgerSum,
} from '../contracts/spend-ledger.js';
export type {
  SpendAdjustment,
  SpendAdmission,
  SpendAdmitted,
  SpendBooked,
  SpendClaim,
  SpendEnded,
  SpendFigureLists,
  SpendFigures,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendRefused,
  SpendReport,
  SpendRequest,
  SpendSpan,
  SpendStore,
  SpendSubject,
  SpendWindow,
} from '../contracts/spend-store.js';
export { PostgresSpendStore, type PostgresSpendStoreOptions } from './postgres-spend-store.js';
export type { PostgresSpendClient, PostgresSpendResult } from './spend-database.js';
