import { createHash } from 'node:crypto';
import type { AccountKey } from './keys.js';
import type { UtcDay } from './periods.js';

/** The usage and cost of a model. Money in exact units. */
export interface ActivityCounts {
  usage: bigint;
  byokUsage: bigint;
  requests: number;
  promptTokens: number;
  completionTokens: number;
  reasoningTokens: number;
}

/** The activity of one day with one model of one provider. */
export interface ActivityRow extends ActivityCounts {
  readonly day: UtcDay;
  readonly model: string;
  readonly provider: string;
  readonly endpointId: string;
  readonly key: AccountKey;
}

export interface ActivityLog {
  add(row: Omit<ActivityRow, 'endpointId'>): void;
  /** One row per day, endpoint and key, in no order. */
  rows(): Iterable<Readonly<ActivityRow>>;
}

export function createActivityLog(): ActivityLog {
  const rows = new Map<string, ActivityRow>();
  return {
    add: (row) => {
      const id = JSON.stringify([row.day, row.model, row.provider, row.key.hash]);
      const known = rows.get(id);
      if (known === undefined) rows.set(id, { ...row, endpointId: endpointIdOf(row) });
      else addCounts(known, row);
    },
    rows: () => rows.values(),
  };
}

/** Merges the rows with the same `idOf`, in the order of their first occurrence. */
export function groupRows(
  rows: Iterable<Readonly<ActivityRow>>,
  idOf: (row: ActivityRow) => string,
): ActivityRow[] {
  const groups = new Map<string, ActivityRow>();
  for (const row of rows) {
    const id = idOf(row);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { ...row });
    else addCounts(group, row);
  }
  return [...groups.values()];
}

function addCounts(sum: ActivityCounts, more: ActivityCounts): void {
  sum.usage += more.usage;
  sum.byokUsage += more.byokUsage;
  sum.requests += more.requests;
  sum.promptTokens += more.promptTokens;
  sum.completionTokens += more.completionTokens;
  sum.reasoningTokens += more.reasoningTokens;
}

/** The same UUID for the same model and provider, in every sandbox. */
export function endpointIdOf({ model, provider }: Pick<ActivityRow, 'model' | 'provider'>): string {
  const hex = createHash('sha256').update(`${model}\n${provider}`).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
