import { hash } from 'node:crypto';
import type { SpendScope } from '../../contracts/completion-cost.js';

/**
 * The id under which a store keeps a reservation or an adjustment whose id the application has chosen. It differs for each
 * scope: that of another one counts against other limits.
 */
export function storedId(scope: SpendScope, id: string): string {
  const members = Object.entries(scope).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `reserved/${hash('sha256', JSON.stringify([members, id]))}`;
}
