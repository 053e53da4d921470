import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { OpenRouterTracing } from '../../lib/otel/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  answerWell,
  API_KEY,
  cleanUp,
  clientOf,
  closedPort,
  CREDITS,
  MANAGEMENT_KEY,
  sendError,
  sendJson,
  startServer,
} from '../support/servers.js';

const exporter = new InMemorySpanExporter();
// Made before there is an SDK, as a module's options may be.
const tracing = new OpenRouterTracing();
const untraced = new OpenRouterTracing();

/** What the exporter has got, without what only machines read. */
function seen(span: ReadableSpan): object {
  const { name, kind, attributes, status, events } = span;
  return { name, kind, attributes, status, events };
}

describe('OpenRouterTracing without an SDK', () => {
  afterEach(cleanUp);

  it('changes nothing', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server, { instrumentation: untraced });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
  });
});

describe('OpenRouterTracing', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
  });
  afterEach(async () => {
    exporter.reset();
    await cleanUp();
  });
  afterAll(() => {
    trace.disable();
    context.disable();
  });

  it('has a span for every attempt, by the semantic conventions', async () => {
    const server = await startServer((request, response) =>
      server.requests.length === 1 ? sendError(response, 503) : answerWell(request, response),
    );
    await clientOf(server, { instrumentation: tracing }).credits.getCredits();

    const common = {
      'http.request.method': 'GET',
      'url.template': '/credits',
      'server.address': '127.0.0.1',
      'server.port': server.port,
      'openrouter.operation': 'credits.getCredits',
      'openrouter.account': 'default',
    };
    const spans = exporter.getFinishedSpans();
    expect(spans.map(seen)).toEqual([
      {
        name: 'GET /credits',
        kind: SpanKind.CLIENT,
        attributes: { ...common, 'http.response.status_code': 503, 'error.type': '503' },
        status: { code: SpanStatusCode.ERROR },
        events: [],
      },
      {
        name: 'GET /credits',
        kind: SpanKind.CLIENT,
        attributes: { ...common, 'http.response.status_code': 200, 'http.request.resend_count': 1 },
        status: { code: SpanStatusCode.UNSET },
        events: [],
      },
    ]);
    expect(spans[0]!.instrumentationScope.name).toBe('nestjs-openrouter');
  });

  it.each([400, 401, 402, 404, 429, 500, 529])('tells a %d by its status alone', async (status) => {
    const server = await startServer((_request, response) =>
      sendError(response, status, { message: `about the key ${API_KEY}` }),
    );
    const client = clientOf(server, { instrumentation: tracing, retry: false });
    await failureOf(client.credits.getCredits());
    expect(exporter.getFinishedSpans().map(seen)).toEqual([
      expect.objectContaining({
        attributes: expect.objectContaining({
          'http.response.status_code': status,
          'error.type': String(status),
        }),
        status: { code: SpanStatusCode.ERROR },
      }),
    ]);
  });

  it('tells a redirect, which is refused, by the code of the exception', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, 'moved to /keys/some-hash', 307, { location: '/keys/some-hash' }),
    );
    const client = clientOf(server, { instrumentation: tracing, retry: false });
    await failureOf(client.credits.getCredits());
    const [span] = exporter.getFinishedSpans();
    expect(span!.attributes).toMatchObject({
      'http.response.status_code': 307,
      'error.type': 'OPENROUTER_API_ERROR',
    });
    expect(span!.status).toEqual({ code: SpanStatusCode.ERROR });
  });

  it('tells a failure without an answer by the code of the exception and its message', async () => {
    const port = await closedPort();
    const client = clientOf(`http://127.0.0.1:${port}/api/v1`, { instrumentation: tracing, retry: false });
    const failure = await failureOf(client.credits.getCredits());
    const [span] = exporter.getFinishedSpans();
    expect(span!.attributes).toMatchObject({ 'error.type': 'OPENROUTER_CONNECTION', 'server.port': port });
    expect(span!.attributes).not.toHaveProperty(['http.response.status_code']);
    expect(span!.status).toEqual({ code: SpanStatusCode.ERROR, message: failure.message });
  });

  it('ends the span of a call that is aborted', async () => {
    const server = await startServer(() => undefined);
    const client = clientOf(server, { instrumentation: tracing });
    await failureOf(client.credits.getCredits({ signal: AbortSignal.timeout(20) }));
    const [span, ...others] = exporter.getFinishedSpans();
    expect(span!.attributes['error.type']).toBe('OPENROUTER_ABORTED');
    expect(others).toEqual([]);
  });

  it('is the current span of the attempt, below the one that was current at the call', async () => {
    const server = await startServer((request, response) =>
      server.requests.length === 1 ? sendError(response, 503) : answerWell(request, response),
    );
    const current: unknown[] = [];
    const client = clientOf(server, {
      instrumentation: [
        tracing,
        {
          wrap: (_attempt, next) => {
            current.push(trace.getActiveSpan()?.spanContext().spanId);
            return next();
          },
        },
      ],
    });
    const tracer = trace.getTracer('test');
    await tracer.startActiveSpan('request', async (span) => {
      await client.credits.getCredits();
      expect(trace.getActiveSpan()).toBe(span);
      span.end();
    });

    const [first, second, request] = exporter.getFinishedSpans();
    expect(request!.name).toBe('request');
    expect(current).toEqual([first!.spanContext().spanId, second!.spanContext().spanId]);
    for (const attempt of [first, second]) {
      expect(attempt!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId);
    }
  });

  it('keeps the spans of calls apart that are under way together', async () => {
    const server = await startServer((request, response) => {
      setTimeout(() => answerWell(request, response), 10);
    });
    const client = clientOf(server, { instrumentation: tracing });
    await Promise.all(Array.from({ length: 20 }, () => client.credits.getCredits()));
    const spans = exporter.getFinishedSpans();
    expect(spans.length).toBe(20);
    expect(new Set(spans.map((span) => span.spanContext().spanId)).size).toBe(20);
    expect(spans.every((span) => span.attributes['http.response.status_code'] === 200)).toBe(true);
  });

  it('holds no key', async () => {
    const server = await startServer((_request, response) =>
      server.requests.length === 1
        ? sendError(response, 401, { message: `no such key: ${MANAGEMENT_KEY}` })
        : response.destroy(),
    );
    const client = clientOf(server, { instrumentation: tracing, retry: false });
    await failureOf(client.credits.getCredits());
    await failureOf(client.credits.getCredits());
    const spans = exporter.getFinishedSpans().map(seen);
    expect(spans.length).toBe(2);
    expect(leaksIn(spans, [MANAGEMENT_KEY, API_KEY])).toEqual([]);
  });
});
