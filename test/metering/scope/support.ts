import type { SpendScope } from '../../../lib/contracts/completion-cost.js';
import { ambientScope } from '../../../lib/metering/scope/ambient-scope.js';

/** The scope in force, as JSON carries it; `null` outside of any. */
export function scopeHere(): SpendScope | null {
  const scope = ambientScope();
  return scope === undefined ? null : { ...scope };
}

/** The scope in force after a few turns of the event loop. */
export async function scopeLater(): Promise<SpendScope | null> {
  await new Promise((resolve) => setImmediate(resolve));
  return scopeHere();
}
