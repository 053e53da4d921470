export { CreditsGuard } from './credits.guard.js';
export { RequireCredits, SkipCreditsGuard } from './require-credits.decorator.js';
export type { RequireCreditsOptions } from './credits-requirement.js';
