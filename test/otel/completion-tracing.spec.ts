import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { OpenRouterConfigException } from '../../lib/errors/client.exceptions.js';
import { OpenRouterClient } from '../../lib/openrouter.client.js';
import { OpenRouterTracing, type OpenRouterTracingOptions } from '../../lib/otel/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { leaksIn } from '../support/leaks.js';

const exporter = new InMemorySpanExporter();
const PROMPT = 'what-nobody-may-read';

let sandbox: OpenRouterSandbox;
const clients: OpenRouterClient[] = [];

function openClient(options?: OpenRouterTracingOptions): OpenRouterClient {
  const client = new OpenRouterClient({
    apiKey: sandbox.apiKey,
    baseUrl: sandbox.baseUrl,
    instrumentation: new OpenRouterTracing(options),
    metering: { lookupDelaysMs: [1, 5, 20, 100, 1_000, 5_000] },
  });
  clients.push(client);
  return client;
}

function complete(fetch: typeof globalThis.fetch, more: object = {}): Promise<Response> {
  return fetch(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/gpt-4.1-mini',
      messages: [{ role: 'user', content: PROMPT }],
      ...more,
    }),
  });
}

/** The spans of completions, without those of the package's own calls. */
const spans = (): ReadableSpan[] =>
  exporter.getFinishedSpans().filter((span) => 'gen_ai.operation.name' in span.attributes);

describe('OpenRouterTracing of completions', () => {
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
  });
  beforeEach(async () => {
    sandbox = await OpenRouterSandbox.start({ completionCost: 0.25 });
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await sandbox.stop();
    exporter.reset();
  });
  afterAll(() => {
    trace.disable();
    context.disable();
  });

  it('has one client span for each, below the span in which it was requested', async () => {
    const { metering } = openClient();
    const tracer = trace.getTracer('test');
    const parents = await Promise.all(
      ['a', 'b'].map((name) =>
        tracer.startActiveSpan(name, async (span) => {
          await (await complete(metering.fetch)).text();
          span.end();
          return span.spanContext().spanId;
        }),
      ),
    );
    const made = spans();
    expect(made.map((span) => span.parentSpanContext?.spanId).sort()).toEqual(parents.sort());
    const { generationId } = sandbox.charges[0]!;
    const first = made.find((span) => span.attributes['gen_ai.response.id'] === generationId)!;
    expect([first.name, first.kind, first.status]).toEqual([
      'chat openai/gpt-4.1-mini',
      SpanKind.CLIENT,
      { code: SpanStatusCode.UNSET },
    ]);
    expect(first.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openrouter',
      'gen_ai.request.model': 'openai/gpt-4.1-mini',
      'gen_ai.response.model': 'openai/gpt-4.1-mini',
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
      'openrouter.account': 'default',
      'openrouter.cost_usd': 0.25,
      'openrouter.cost_source': 'answer',
      'openrouter.outcome': 'complete',
    });
    expect(first.ended).toBe(true);
    expect(leaksIn([first.name, first.attributes, first.events], [sandbox.apiKey, PROMPT])).toEqual([]);
  });

  it('finds the span of the request even if the cost is known later', async () => {
    const { metering } = openClient();
    sandbox.onCompletion(() => ({ usd: 0.5, usage: 'missing' }));
    const parent = await trace.getTracer('test').startActiveSpan('request', async (span) => {
      const response = await complete(metering.fetch, { stream: true });
      await response.body!.cancel();
      span.end();
      return span.spanContext().spanId;
    });
    await metering.settled();
    const [span, ...others] = spans();
    expect(others).toEqual([]);
    expect(span!.parentSpanContext?.spanId).toBe(parent);
    expect(span!.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'openrouter.cost_source': 'generation',
      'openrouter.outcome': 'aborted',
    });
    expect(span!.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it('tells an error status', async () => {
    const { metering } = openClient();
    sandbox.failNext({ path: '/chat/completions', status: 502 });
    await (await complete(metering.fetch)).text();
    await metering.settled();
    const [span] = spans();
    expect(span!.attributes).toMatchObject({ 'error.type': '502', 'openrouter.outcome': 'failed' });
    expect(span!.status).toEqual({ code: SpanStatusCode.ERROR });
  });

  it('shows of the scope what is listed', async () => {
    const { metering } = openClient({ scopeAttributes: ['tenant'] });
    await (await complete(metering.fetchFor({ tenant: 'acme', user: 'u7' }))).text();
    expect(spans()[0]!.attributes).toMatchObject({ 'openrouter.scope.tenant': 'acme' });
    expect(leaksIn(spans()[0]!.attributes, ['u7'])).toEqual([]);
  });

  it('has none for what was recorded by hand, nor where it is turned off', async () => {
    await openClient().metering.record({ usd: 1 });
    const off = openClient({ completions: false });
    await (await complete(off.metering.fetch)).text();
    await off.metering.settled();
    expect(spans()).toEqual([]);
    await off.apiKeys.getCurrent();
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['GET /key']);
  });
});

describe('new OpenRouterTracing', () => {
  it.each<[string, unknown, RegExp]>([
    ['a misspelt option', { scopeAttribute: [] }, /did you mean `scopeAttributes`\?/],
    ['a string for a list', { scopeAttributes: 'tenant' }, /`scopeAttributes` must be a list of names/],
    ['a number for a switch', { completions: 1 }, /`completions` must be true or false/],
  ])('refuses %s', (_title, options, message) => {
    expect(() => new OpenRouterTracing(options as never)).toThrow(OpenRouterConfigException);
    expect(() => new OpenRouterTracing(options as never)).toThrow(message);
  });
});
