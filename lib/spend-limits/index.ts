export { InMemorySpendStore } from './in-memory-spend-store.js';
export { SpendLimitsService } from './spend-limits.service.js';
export type { SpendAlert, SpendReservation, SpendUsage } from './spend-limits.models.js';
export type { SpendReserveOptions } from './spend-limits.options.js';
