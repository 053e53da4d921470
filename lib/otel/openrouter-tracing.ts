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
 * Makes an OpenTelemetry client span for every attempt of a call. It uses `@opentelemetry/api` only: the application's own
 * SDK exports the spans; without an SDK nothing is recorded.
 *
 * Spans are named `GET /credits` and follow the semantic conventions for HTTP clients: `http.request.method`,
 * `url.template`, `server.address`, `server.port`, `http.response.status_code`, `error.type`,
 * `http.request.resend_count`, plus `openrouter.operation` and `openrouter.account`. No span contains a URL, a key, a hash
 * or a body. The span is active while the attempt runs; its parent is the span that was active when the call was made.
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
    // A proxy: it finds the SDK at the first span, so the SDK may start later.
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
