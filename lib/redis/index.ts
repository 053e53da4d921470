/**
 * Sharing balances and spend limits between processes through Redis.
 *
 * @module nestjs-openrouter/redis
 */
export type {
  BalanceFlight,
  BalanceStore,
  NamedSpend,
  SharedBalance,
  SharedReading,
  SharedSpend,
} from '../contracts/balance-store.js';
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
export { RedisBalanceStore } from './redis-balance-store.js';
export {
  type RedisSpendClient,
  type RedisSpendNode,
  RedisSpendStore,
  type RedisSpendStoreOptions,
} from './redis-spend-store.js';
export type { RedisScriptClient } from './script-runner.js';
