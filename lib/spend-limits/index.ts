export { InMemorySpendStore } from './in-memory-spend-store.js';
export { SpendLimitsService } from './spend-limits.service.js';
export type { SpendAlert, SpendDiagnostics, SpendStoreAlert, SpendUsage } from '../contracts/spend-usage.js';
export type { SpendReservation } from './spend-limits.models.js';
export type { SpendReserveOptions } from './spend-limits.options.js';
