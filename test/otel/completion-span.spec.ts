import { describe, expect, it } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import type { CompletionCost } from '../../lib/contracts/completion-cost.js';
import { completionSpan } from '../../lib/otel/completion-span.js';

/** A cost of which nothing is known that may be unknown. */
const BARE: CompletionCost = {
  id: 'one',
  usd: null,
  source: 'unknown',
  path: '/chat/completions',
  isByok: false,
  isStream: false,
  outcome: 'failed',
  scope: { tenant: 'acme', user: 'u7' },
  startedAt: new Date(1_700_000_000_250),
  durationMs: 1_500.25,
};

const COST: CompletionCost = {
  ...BARE,
  generationId: 'gen-1',
  usd: 0.25,
  source: 'answer',
  model: 'openai/gpt-5-mini',
  requestedModel: 'openrouter/auto',
  status: 200,
  provider: 'OpenAI',
  promptTokens: 10,
  completionTokens: 20,
  isStream: true,
  outcome: 'complete',
};

describe('the span of a completion', () => {
  it('follows the conventions', () => {
    expect(completionSpan(COST, 'eu', [])).toEqual({
      name: 'chat openrouter/auto',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openrouter',
        'gen_ai.request.model': 'openrouter/auto',
        'gen_ai.request.stream': true,
        'gen_ai.response.id': 'gen-1',
        'gen_ai.response.model': 'openai/gpt-5-mini',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 20,
        'openrouter.account': 'eu',
        'openrouter.cost_usd': 0.25,
        'openrouter.cost_source': 'answer',
        'openrouter.outcome': 'complete',
        'openrouter.is_byok': false,
        'openrouter.provider': 'OpenAI',
      },
      status: { code: SpanStatusCode.UNSET },
      startTime: [1_700_000_000, 250_000_000],
      endTime: [1_700_000_001, 750_250_000],
    });
  });

  it('has nothing of what is unknown', () => {
    const { name, attributes } = completionSpan(BARE, 'default', ['tenant', 'feature']);
    expect(name).toBe('chat');
    expect(attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openrouter',
      'error.type': '_OTHER',
      'openrouter.account': 'default',
      'openrouter.cost_source': 'unknown',
      'openrouter.outcome': 'failed',
      'openrouter.is_byok': false,
      'openrouter.scope.tenant': 'acme',
    });
  });

  it('does not say that a model has answered, where only the request names it', () => {
    const { attributes } = completionSpan({ ...COST, usd: null, source: 'unknown' }, 'default', []);
    expect(attributes).not.toHaveProperty(['gen_ai.response.model']);
    expect(attributes).toHaveProperty(['gen_ai.request.model'], 'openrouter/auto');
  });

  it.each<[string | undefined, string]>([
    ['/chat/completions', 'chat'],
    ['/responses', 'chat'],
    ['/messages', 'chat'],
    ['/completions', 'text_completion'],
    ['/embeddings', 'embeddings'],
    ['/rerank', 'rerank'],
    ['/images', 'generate_content'],
    ['/audio/transcriptions', 'generate_content'],
    [undefined, 'generate_content'],
  ])('of %s is one of %s', (path, operation) => {
    const { path: _path, ...rest } = COST;
    const cost = path === undefined ? rest : { ...rest, path };
    const { name, attributes } = completionSpan(cost, 'default', []);
    expect([name, attributes['gen_ai.operation.name']]).toEqual([`${operation} openrouter/auto`, operation]);
  });

  it.each<[Partial<CompletionCost>, SpanStatusCode, string | undefined]>([
    [{ outcome: 'complete' }, SpanStatusCode.UNSET, undefined],
    [{ outcome: 'aborted' }, SpanStatusCode.UNSET, undefined],
    [{ outcome: 'failed', status: 502 }, SpanStatusCode.ERROR, '502'],
    [{ outcome: 'failed', status: 200 }, SpanStatusCode.ERROR, '_OTHER'],
  ])('of %j has the status %d and the error %p', (given, status, error) => {
    const span = completionSpan({ ...COST, ...given }, 'default', []);
    expect([span.status, span.attributes['error.type']]).toEqual([{ code: status }, error]);
  });
});
