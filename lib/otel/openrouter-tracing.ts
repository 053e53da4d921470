import { context, type Span, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import type {
  OpenRouterAttempt,
  OpenRouterAttemptFailure,
  OpenRouterAttemptSuccess,
  OpenRouterInstrumentation,
} from '../contracts/instrumentation.js';
import { VERSION } from '../http/version.js';
import { failureEnd, type SpanEnd, spanName, startAttributes, successEnd } from './span-attributes.js';

/**
 * A client span of OpenTelemetry for every attempt of a call, by `@opentelemetry/api` alone: it goes where the
 * application's own SDK sends it, and without an SDK nowhere.
 *
 * Spans are named `GET /credits` and follow the semantic conventions for HTTP clients: `http.request.method`,
 * `url.template`, `server.address`, `server.port`, `http.response.status_code`, `error.type`,
 * `http.request.resend_count`; and `openrouter.operation`, `openrouter.account`. None holds a URL, a key, a hash or a
 * body. The span is the current one while the attempt runs, and a child of what was current when the call was made.
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

  constructor() {
    // Finds the SDK at its first span: it may be started later than this.
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

  /** @internal */
  private end(attempt: OpenRouterAttempt, { attributes, status }: SpanEnd): void {
    this.spans.get(attempt)?.setAttributes(attributes).setStatus(status).end();
  }
}
