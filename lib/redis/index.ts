/**
 * Sharing balances between processes through Redis.
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
export { RedisBalanceStore } from './redis-balance-store.js';
export type { RedisScriptClient } from './script-runner.js';
