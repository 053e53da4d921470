import { describe, expect, it } from '@jest/globals';
import type { CompletionCost } from '../../../lib/index.js';
import { entryOf, reservedEntry } from '../../../lib/spend-limits/ledger/ledger-entry.js';

const COST: CompletionCost = {
  id: 'c1',
  generationId: 'gen-1',
  usd: 0.000_000_001,
  source: 'answer',
  model: 'openai/gpt-4.1',
  requestedModel: 'openrouter/auto',
  path: '/chat/completions',
  status: 200,
  provider: 'OpenAI',
  promptTokens: 12,
  completionTokens: 34,
  isByok: false,
  isStream: true,
  outcome: 'complete',
  scope: { tenant: 'acme' },
  startedAt: new Date(1_790_000_000_000),
  durationMs: 12.6,
};

describe('the entry of a completion', () => {
  it('has what was billed in whole nano-dollars, and whole milliseconds', () => {
    expect(entryOf(COST)).toEqual({
      id: 'c1',
      generationId: 'gen-1',
      scope: { tenant: 'acme' },
      model: 'openai/gpt-4.1',
      provider: 'OpenAI',
      promptTokens: 12,
      completionTokens: 34,
      nanoUsd: 1,
      source: 'answer',
      outcome: 'complete',
      isByok: false,
      isStream: true,
      startedAt: 1_790_000_000_000,
      durationMs: 13,
    });
  });

  it('has no members of which nothing is known', () => {
    const { generationId: _id, model: _model, provider: _provider, ...rest } = COST;
    const entry = entryOf({ ...rest, usd: null, source: 'unknown' });
    expect(entry).not.toHaveProperty('generationId');
    expect(entry).not.toHaveProperty('model');
    expect(entry).not.toHaveProperty('provider');
    expect(entry).toMatchObject({ nanoUsd: null, source: 'unknown' });
  });

  it.each([
    ['a control character', 'gpt\u0000-4', 'gpt-4'],
    ['half a character', 'gpt\ud800', 'gpt\ufffd'],
    ['a whole one', 'gpt😀', 'gpt😀'],
    ['a long name', 'x'.repeat(5_000), 'x'.repeat(200)],
  ])('has no text that a database refuses: %s', (_case, model, kept) => {
    expect(entryOf({ ...COST, model, provider: model, scope: { tenant: model } })).toMatchObject({
      model: kept,
      provider: kept,
      scope: { tenant: kept },
    });
  });

  it.each([1.5, -1, NaN, Infinity, 2 ** 60])('has no count of tokens that is none: %p', (count) => {
    const entry = entryOf({ ...COST, promptTokens: count, completionTokens: count });
    expect(entry).not.toHaveProperty('promptTokens');
    expect(entry).not.toHaveProperty('completionTokens');
  });

  it('has an id that a database takes, the same one each time', () => {
    const first = entryOf({ ...COST, id: 'video\u0000' });
    expect(first.id).toMatch(/^sha256\/[0-9a-f]{64}$/);
    expect(entryOf({ ...COST, id: 'video\u0000' }).id).toBe(first.id);
    expect(entryOf({ ...COST, id: 'video' }).id).toBe('video');
  });
});

describe('the entry of a reservation', () => {
  it('counts as recorded', () => {
    expect(reservedEntry({ id: 'r1', scope: { tenant: 'acme' }, startedAt: 5, nanoUsd: 7 })).toEqual({
      id: 'r1',
      scope: { tenant: 'acme' },
      nanoUsd: 7,
      source: 'recorded',
      outcome: 'complete',
      isByok: false,
      isStream: false,
      startedAt: 5,
      durationMs: 0,
    });
  });
});
