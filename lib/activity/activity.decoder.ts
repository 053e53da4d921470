import { itemOf, requiredAmount, unwrapList, withoutUndefined } from '../wire/wire-record.js';
import { parseDay } from './activity-day.js';
import type { ActivityItem } from './activity.models.js';

type WireRow = Readonly<Record<string, unknown>>;

/**
 * Reads the answer of `GET /activity`.
 *
 * It may have tens of thousands of rows, and reading them must not block the process for longer than parsing did.
 * That is why members are read directly (no object inherits one of these names), and a path is built for errors
 * alone.
 */
export function decodeActivity(body: unknown): ActivityItem[] {
  const rows = unwrapList(body);
  const dayOf = dayReader();
  return rows.map((row, index) => {
    const members = (row ?? {}) as WireRow;
    const usage = finite(members['usage']) ?? requiredAmount(itemOf(rows, index), 'usage');
    const byokUsageInference =
      finite(members['byok_usage_inference']) ?? requiredAmount(itemOf(rows, index), 'byok_usage_inference');
    const item: { [Name in keyof ActivityItem]: ActivityItem[Name] | undefined } = {
      date: dayOf(text(members['date'])),
      model: text(members['model']),
      modelPermaslug: text(members['model_permaslug']),
      endpointId: text(members['endpoint_id']),
      providerName: text(members['provider_name']),
      usage,
      byokUsageInference,
      requests: finite(members['requests']),
      promptTokens: finite(members['prompt_tokens']),
      completionTokens: finite(members['completion_tokens']),
      reasoningTokens: finite(members['reasoning_tokens']),
    };
    const workspaceId = text(members['workspace_id']);
    if (workspaceId !== undefined) {
      item.workspaceId = workspaceId;
    }
    return withoutUndefined(item);
  });
}

/** All rows of a day share one object: ten thousand dates would take as long as everything else here. */
function dayReader(): (text: string | undefined) => Date | undefined {
  const known = new Map<string | undefined, Date | undefined>();
  return (text) => {
    if (!known.has(text)) {
      const midnight = parseDay(text ?? '');
      known.set(text, midnight === undefined ? undefined : new Date(midnight));
    }
    return known.get(text);
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
