import { OpenRouterResponseException } from '../errors/client.exceptions.js';
import { sumUsd } from '../money/usd.js';
import { withoutUndefined } from '../wire/wire-record.js';
import type { ActivityItem, ActivitySummary, ActivityTotals } from './activity.models.js';

type Totals = Record<keyof ActivityTotals, number>;

/** Sums of rows: over all, and by day, model, provider and workspace. */
export function summarizeActivity(
  items: readonly ActivityItem[],
  groupBy: 'workspace' | undefined,
): ActivitySummary {
  const byDay = grouped(items, ({ date }) => date?.getTime());
  return withoutUndefined({
    totals: totalsOf(items),
    byDay: [...byDay]
      .sort(([one], [other]) => (one ?? Infinity) - (other ?? Infinity))
      .map(([day, rows]) => ({ ...(day !== undefined && { date: new Date(day) }), ...totalsOf(rows) })),
    byModel: ranking(items, 'model'),
    byProvider: ranking(items, 'providerName'),
    byWorkspace: groupBy === undefined ? undefined : ranking(items, 'workspaceId'),
  });
}

type Ranked<Name extends string> = Totals & Partial<Record<Name, string>>;

/** One entry for each value of a member, the highest usage first; equal ones by name. */
function ranking<Name extends 'model' | 'providerName' | 'workspaceId'>(
  items: readonly ActivityItem[],
  name: Name,
): Ranked<Name>[] {
  return [...grouped(items, (item) => item[name])]
    .map(([value, rows]) => ({ value, totals: totalsOf(rows) }))
    .sort((one, other) => other.totals.usage - one.totals.usage || compare(one.value, other.value))
    .map(({ value, totals }) => withoutUndefined({ [name]: value, ...totals }) as Ranked<Name>);
}

function grouped<K>(
  items: readonly ActivityItem[],
  keyOf: (item: ActivityItem) => K,
): Map<K, ActivityItem[]> {
  const groups = new Map<K, ActivityItem[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

function totalsOf(items: readonly ActivityItem[]): Totals {
  return {
    usage: sumOf(items, 'usage'),
    byokUsageInference: sumOf(items, 'byokUsageInference'),
    requests: countOf(items, 'requests'),
    promptTokens: countOf(items, 'promptTokens'),
    completionTokens: countOf(items, 'completionTokens'),
    reasoningTokens: countOf(items, 'reasoningTokens'),
  };
}

function sumOf(items: readonly ActivityItem[], name: 'usage' | 'byokUsageInference'): number {
  const sum = sumUsd(items.map((item) => item[name]));
  if (!Number.isFinite(sum)) {
    throw new OpenRouterResponseException({
      message: "OpenRouter's answer has amounts whose sum is too large for a number.",
      delivery: 'applied',
      path: 'data',
    });
  }
  return sum;
}

function countOf(
  items: readonly ActivityItem[],
  name: 'requests' | 'promptTokens' | 'completionTokens' | 'reasoningTokens',
): number {
  return items.reduce((sum, item) => sum + (item[name] ?? 0), 0);
}

/** Without a locale: the order must be the same on every machine. */
function compare(one = '', other = ''): number {
  return one < other ? -1 : Number(one > other);
}
