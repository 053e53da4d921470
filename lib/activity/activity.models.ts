import { count, date, model, openApi, optional, text, usd } from '../openapi/open-api.js';

const AMOUNTS = {
  usage: usd('Credits spent'),
  byokUsageInference: usd('Paid to providers with own keys', 'no part of the usage'),
} as const;

/**
 * The activity of one model at one endpoint of a provider on one day.
 *
 * Amounts are always present; anything else that OpenRouter leaves out is missing here as well.
 */
export class ActivityItem {
  /** The day: its midnight in UTC. The rows of one day share the object: copy it before you change it. */
  date?: Date;
  /** Slug of the model, for example `openai/gpt-4.1`. */
  model?: string;
  /** Slug of the model's version, for example `openai/gpt-4.1-2025-04-14`. */
  modelPermaslug?: string;
  /** Id of the endpoint. */
  endpointId?: string;
  /** Name of the provider, for example `OpenAI`. */
  providerName?: string;
  /** Credits spent, in US dollars. */
  usage!: number;
  /**
   * What requests with your own keys at the providers (BYOK) have cost there, in US dollars. It is paid to the provider
   * and not part of `usage`: do not add the two.
   */
  byokUsageInference!: number;
  /** Number of requests. */
  requests?: number;
  /** Tokens of the prompts. */
  promptTokens?: number;
  /** Tokens of the completions. */
  completionTokens?: number;
  /** Tokens of the reasoning. */
  reasoningTokens?: number;
  /** Id of the workspace; only with `groupBy: 'workspace'`. */
  workspaceId?: string;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ActivityItem>({
      date: optional(date('The day: its midnight in UTC')),
      model: optional(text(undefined, { example: 'openai/gpt-4.1' })),
      modelPermaslug: optional(text(undefined, { example: 'openai/gpt-4.1-2025-04-14' })),
      endpointId: optional(text()),
      providerName: optional(text(undefined, { example: 'OpenAI' })),
      ...AMOUNTS,
      requests: optional(count()),
      promptTokens: optional(count()),
      completionTokens: optional(count()),
      reasoningTokens: optional(count()),
      workspaceId: optional(text()),
    });
  }
}

/** Sums over rows of activity. A row without a count adds nothing to it. */
export class ActivityTotals {
  /** Credits spent, in US dollars; summed exactly in decimal. */
  usage!: number;
  /** Paid to providers with keys of your own (BYOK), in US dollars; summed exactly, and no part of `usage`. */
  byokUsageInference!: number;
  /** Number of requests. */
  requests!: number;
  /** Tokens of the prompts. */
  promptTokens!: number;
  /** Tokens of the completions. */
  completionTokens!: number;
  /** Tokens of the reasoning. */
  reasoningTokens!: number;

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ActivityTotals>({
      ...AMOUNTS,
      requests: count(),
      promptTokens: count(),
      completionTokens: count(),
      reasoningTokens: count(),
    });
  }
}

/** The activity of one day. */
export class DailyActivity extends ActivityTotals {
  /** The day: its midnight in UTC. Missing where the rows name none. */
  date?: Date;

  /** @internal */
  static override _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<DailyActivity, ActivityTotals>({
      date: optional(date('The day: its midnight in UTC')),
    });
  }
}

/** The activity of one model. */
export class ModelActivity extends ActivityTotals {
  /** Slug of the model. Missing where the rows name none. */
  model?: string;

  /** @internal */
  static override _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ModelActivity, ActivityTotals>({
      model: optional(text(undefined, { example: 'openai/gpt-4.1' })),
    });
  }
}

/** The activity of one provider. */
export class ProviderActivity extends ActivityTotals {
  /** Name of the provider. Missing where the rows name none. */
  providerName?: string;

  /** @internal */
  static override _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ProviderActivity, ActivityTotals>({
      providerName: optional(text(undefined, { example: 'OpenAI' })),
    });
  }
}

/** The activity of one workspace. */
export class WorkspaceActivity extends ActivityTotals {
  /** Id of the workspace. Missing where the rows name none. */
  workspaceId?: string;

  /** @internal */
  static override _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<WorkspaceActivity, ActivityTotals>({
      workspaceId: optional(text()),
    });
  }
}

/** Rows of activity, added up. Each series adds up to `totals`. */
export class ActivitySummary {
  /** Over all rows. */
  totals!: ActivityTotals;
  /** By day, the earliest first. Days without activity are not in it. */
  byDay!: DailyActivity[];
  /** By model, the highest `usage` first. */
  byModel!: ModelActivity[];
  /** By provider, the highest `usage` first. */
  byProvider!: ProviderActivity[];
  /** By workspace, the highest `usage` first; only with `groupBy: 'workspace'`. */
  byWorkspace?: WorkspaceActivity[];

  /** @internal */
  static _OPENAPI_METADATA_FACTORY(): Record<string, object> {
    return openApi<ActivitySummary>({
      totals: model(() => ActivityTotals),
      byDay: model(() => [DailyActivity], 'The earliest day first'),
      byModel: model(() => [ModelActivity], 'The highest usage first'),
      byProvider: model(() => [ProviderActivity], 'The highest usage first'),
      byWorkspace: optional(
        model(() => [WorkspaceActivity], 'The highest usage first; only if the rows are split by workspace'),
      ),
    });
  }
}
