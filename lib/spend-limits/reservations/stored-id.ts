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

/**
 * The id of what was paid under a reservation, from the id under which the store keeps it. It differs from that of the same
 * id in another scope, and of a recorded cost, since a ledger has one row for an id.
 */
export function costIdOf(stored: string, chosenId: string): string {
  return `${chosenId}/${stored.slice(-16)}`;
}
