export { Budget } from './budget.models.js';
export type { BudgetInterval } from './budget.models.js';
export { BudgetsService } from './budgets.service.js';
export { SetBudgetRequest } from './set-budget.request.js';
