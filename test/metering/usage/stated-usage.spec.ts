import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { statedError, statedUsage } from '../../../lib/metering/usage/stated-usage.js';

const ID = 'gen-1730000000-abc';
const NOTHING = {
  usd: undefined,
  generationId: undefined,
  model: undefined,
  provider: undefined,
  promptTokens: undefined,
  completionTokens: undefined,
  isByok: false,
};

describe('statedUsage', () => {
  it.each([
    [
      'an answer of chat',
      {
        id: ID,
        model: 'a/b',
        provider: 'P',
        choices: [],
        usage: { prompt_tokens: 1, completion_tokens: 2, cost: 0.5 },
      },
      { generationId: ID, model: 'a/b', provider: 'P', promptTokens: 1, completionTokens: 2, usd: 0.5 },
    ],
    [
      'an answer of Responses',
      { id: 'resp_1', model: 'a/b', usage: { input_tokens: 1, output_tokens: 2, cost: 0.5 } },
      { model: 'a/b', promptTokens: 1, completionTokens: 2, usd: 0.5 },
    ],
    ...['completed', 'incomplete', 'failed', 'done'].map(
      (end) =>
        [
          `the event response.${end}`,
          {
            type: `response.${end}`,
            response: { id: 'resp_1', model: 'a/b', usage: { input_tokens: 1, cost: 0.5 } },
          },
          { model: 'a/b', promptTokens: 1, usd: 0.5 },
        ] as const,
    ),
    [
      'the first event of Messages',
      {
        type: 'message_start',
        message: { id: 'msg_1', model: 'a/b', usage: { input_tokens: 9, output_tokens: 1 } },
      },
      { model: 'a/b', promptTokens: 9, completionTokens: 1 },
    ],
    [
      'the last event of Messages',
      { type: 'message_delta', delta: {}, usage: { output_tokens: 7, cost: 0.25 } },
      { completionTokens: 7, usd: 0.25 },
    ],
    ['images', { created: 1, data: [{ b64_json: 'AA' }], usage: { cost: 0.04 } }, { usd: 0.04 }],
    ['a video', { id: 'v1', generation_id: ID, status: 'pending' }, { generationId: ID }],
    ['a cost of 0', { usage: { cost: 0 } }, { usd: 0 }],
    ['no cost', { usage: { cost: null, prompt_tokens: 3 } }, { promptTokens: 3 }],
    [
      'a provider key',
      { usage: { cost: 0.01, is_byok: true, cost_details: { upstream_inference_cost: 0.2 } } },
      { usd: 0.01, isByok: true },
    ],
  ])('reads %s', (_name, value, stated) => {
    expect(statedUsage(value, 'fee')).toEqual({ ...NOTHING, ...stated });
  });

  it.each([
    [
      'the sum with a provider key',
      { cost: 0.1, is_byok: true, cost_details: { upstream_inference_cost: 0.2 } },
      0.3,
    ],
    [
      'nothing where a provider key was used and its bill is not stated',
      { cost: 0.1, is_byok: true },
      undefined,
    ],
    [
      'the cost alone without a provider key',
      { cost: 0.1, is_byok: false, cost_details: { upstream_inference_cost: 0.2 } },
      0.1,
    ],
  ])('reads as the total %s', (_name, usage, usd) => {
    expect(statedUsage({ id: ID, usage }, 'total')?.usd).toBe(usd);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '0.5', true, {}, [1]])('refuses the cost %p', (cost) => {
    expect(statedUsage({ usage: { cost } }, 'fee')).toBeUndefined();
  });

  it.each(['resp_1', 'msg_1', 'chatcmpl-1', 'sk-or-v1-gen-', `gen-${'x'.repeat(300)}`, 'gen-\n', 7])(
    'takes %p for no id of a generation',
    (id) => {
      expect(statedUsage({ id }, 'fee')).toBeUndefined();
    },
  );

  it('reads own members alone', () => {
    const polluted = JSON.parse('{"__proto__":{"usage":{"cost":9},"error":{"message":"no"}}}') as unknown;

    expect(statedUsage(polluted, 'fee')).toBeUndefined();
    expect(statedError(polluted)).toBeUndefined();
    expect(statedUsage({ usage: JSON.parse('{"__proto__":{"cost":9}}') as unknown }, 'fee')).toBeUndefined();
  });

  it('never throws, and never states a cost that is no amount', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (usage, rest) => {
        const usd = statedUsage({ usage, rest, response: usage, error: rest }, 'total')?.usd;
        statedError({ error: rest, choices: usage });
        expect(usd === undefined || (Number.isFinite(usd) && usd >= 0)).toBe(true);
      }),
    );
  });
});

describe('statedError', () => {
  const error = { code: 502, message: 'The provider has failed' };

  it.each([
    ['an answer', { error }, error],
    [
      'an event of chat',
      { id: ID, error, choices: [{ delta: { content: 'x' }, finish_reason: 'error' }] },
      error,
    ],
    ['a choice', { choices: [{ finish_reason: 'error', error }] }, error],
    ['the event response.failed', { type: 'response.failed', response: { error } }, error],
    [
      'the event error of Responses',
      { type: 'error', code: 'server_error', message: 'no' },
      { code: 'server_error', message: 'no' },
    ],
    ['the event error of Messages', { type: 'error', error }, error],
    ['a string', { error: 'broken' }, 'broken'],
  ])('finds that of %s, without the rest', (_name, value, found) => {
    expect(statedError(value)).toEqual({ error: found });
  });

  it.each([
    ['null', { error: null, response: { error: null } }],
    ['an ordinary end', { choices: [{ finish_reason: 'stop' }] }],
    ['what is no object', [1, 'error']],
  ])('finds none in %s', (_name, value) => {
    expect(statedError(value)).toBeUndefined();
  });
});
