export { BalanceForecast } from './balance.models.js';
export type {
  BalanceForecastOptions,
  BalanceGetOptions,
  BalanceRefreshOptions,
  RecordSpendOptions,
} from './balance.options.js';
export { BalanceService } from './balance.service.js';
export { InMemoryBalanceStore } from './store/in-memory-balance-store.js';
