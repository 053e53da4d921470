import { hash } from 'node:crypto';
import type { SpendScope } from '../../contracts/completion-cost.js';

/**
 * The id under which a store keeps a reservation whose id the application has chosen. It differs for each scope: the hold
 * of another one would count against other limits.
 */
export function storedId(scope: SpendScope, id: string): string {
  const members = Object.entries(scope).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `reserved/${hash('sha256', JSON.stringify([members, id]))}`;
}
