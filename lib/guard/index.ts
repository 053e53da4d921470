export { CreditsGuard } from './credits.guard.js';
export { RequireCredits, SkipCreditsGuard } from './require-credits.decorator.js';
export type { RequireCreditsOptions } from './credits-requirement.js';
export { WithinSpendLimits } from './within-spend-limits.decorator.js';
export type { WithinSpendLimitsOptions } from './within-spend-limits.decorator.js';
