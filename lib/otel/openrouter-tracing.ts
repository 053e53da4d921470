import { context, type Span, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import type { CompletionCost } from '../contracts/completion-cost.js';
import type {
  OpenRouterAttempt,
  OpenRouterAttemptFailure,
  OpenRouterAttemptSuccess,
  OpenRouterInstrumentation,
} from '../contracts/instrumentation.js';
import { VERSION } from '../http/version.js';
import { checkConfig } from '../options/check-options.js';
import { defineOptions } from '../options/define-options.js';
import { trueOrFalse } from '../options/option-rules.js';
import { scopeNames } from '../options/spend-scope.js';
import { completionSpan } from './completion-span.js';
import { failureEnd, type SpanEnd, spanName, startAttributes, successEnd } from './span-attributes.js';

/** Settings of the {@link OpenRouterTracing}. */
export interface OpenRouterTracingOptions {
  /**
   * Whether metered completions have spans. Turn it off if something else traces your completions by the same
   * conventions: otherwise tokens are counted twice.
   *
   * @defaultValue true
   */
  completions?: boolean | undefined;
  /**
   * Names of the scope that become attributes of the completion's span, for example `['tenant']`:
   * `openrouter.scope.tenant`.
   *
   * @defaultValue none
   */
  scopeAttributes?: readonly string[] | undefined;
}

const TRACING_OPTIONS = defineOptions<OpenRouterTracingOptions>("{ scopeAttributes: ['tenant'] }", {
  completions: trueOrFalse,
  scopeAttributes: scopeNames(),
});

/**
 * Makes an OpenTelemetry client span for every attempt of a call, and for every metered completion. It uses
 * `@opentelemetry/api` only: the application's own SDK exports the spans; without an SDK nothing is recorded.
 *
 * Spans of attempts are named `GET /credits` and follow the semantic conventions for HTTP clients: `http.request.method`,
 * `url.template`, `server.address`, `server.port`, `http.response.status_code`, `error.type`,
 * `http.request.resend_count`, plus `openrouter.operation` and `openrouter.account`. No span contains a URL, a key, a hash
 * or a body. The span is active while the attempt runs; its parent is the span that was active when the call was made.
 *
 * Spans of completions are named `chat openai/gpt-5-mini` and follow the semantic conventions for generative AI:
 * `gen_ai.operation.name`, `gen_ai.provider.name` (`openrouter`), `gen_ai.request.model`, `gen_ai.request.stream`,
 * `gen_ai.response.id` (the generation), `gen_ai.response.model`, `gen_ai.usage.input_tokens`,
 * `gen_ai.usage.output_tokens`, `error.type` (the error status, else `_OTHER`), plus `openrouter.account`,
 * `openrouter.cost_usd` (absent if unknown), `openrouter.cost_source`, `openrouter.outcome`, `openrouter.is_byok` and
 * `openrouter.provider`. No span contains a prompt or an answer. The span is made when the cost is decided, with the times
 * of the completion; its parent is the span that was active when the completion was requested. A cost that was recorded by
 * hand, and a refused request that costs nothing, have no span.
 *
 * @example
 * ```ts
 * OpenRouterModule.forRoot({ managementKey, instrumentation: new OpenRouterTracing() });
 * ```
 */
export class OpenRouterTracing implements OpenRouterInstrumentation {
  /** @internal */
  private readonly tracer: Tracer;
  /** @internal */
  private readonly spans = new WeakMap<OpenRouterAttempt, Span>();
  /** @internal */
  private readonly completions: boolean;
  /** @internal */
  private readonly scopeAttributes: readonly string[];

  /**
   * @param options - `completions`, `scopeAttributes`.
   * @throws `OpenRouterConfigException` for wrong options.
   */
  constructor(options: OpenRouterTracingOptions = {}) {
    const { completions = true, scopeAttributes = [] } = checkConfig(
      TRACING_OPTIONS,
      options,
      'OpenRouterTracing',
    );
    this.completions = completions;
    this.scopeAttributes = scopeAttributes;
    // A proxy of OpenTelemetry's, which finds the SDK at the first span, so the SDK may start later.
    this.tracer = trace.getTracer('nestjs-openrouter', VERSION);
  }

  /** Called by the package. */
  wrap<T>(attempt: OpenRouterAttempt, next: () => Promise<T>): Promise<T> {
    const span = this.tracer.startSpan(spanName(attempt), {
      kind: SpanKind.CLIENT,
      attributes: startAttributes(attempt),
    });
    this.spans.set(attempt, span);
    return context.with(trace.setSpan(context.active(), span), next);
  }

  /** Called by the package. */
  onResponse(attempt: OpenRouterAttempt, { status }: OpenRouterAttemptSuccess): void {
    this.end(attempt, successEnd(status));
  }

  /** Called by the package. */
  onError(attempt: OpenRouterAttempt, failure: OpenRouterAttemptFailure): void {
    this.end(attempt, failureEnd(failure));
  }

  /** Called by the package, in the async context of the completion's request. */
  onCost(cost: CompletionCost, account: string): void {
    if (!this.completions || cost.source === 'recorded') {
      return;
    }
    const { name, attributes, status, startTime, endTime } = completionSpan(
      cost,
      account,
      this.scopeAttributes,
    );
    const kind = SpanKind.CLIENT;
    this.tracer.startSpan(name, { kind, attributes, startTime }).setStatus(status).end(endTime);
  }

  /** @internal */
  private end(attempt: OpenRouterAttempt, { attributes, status }: SpanEnd): void {
    this.spans.get(attempt)?.setAttributes(attributes).setStatus(status).end();
  }
}
