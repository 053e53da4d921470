import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf, divide, readChunks } from './support/recording-listener.js';

const usage = { prompt_tokens: 3, cost: 0.5 };
const LONG = 'A"\\u'.repeat(400_000);

describe('the reader of an answer of JSON', () => {
  it('finds the same cost whatever the chunks are', () => {
    const bytes = bytesOf(
      JSON.stringify({ id: 'gen-1', model: 'a/b', choices: [{ text: 'ü"usage"' }], usage }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 20 }), (cuts) => {
        expect(readChunks('json', divide(bytes, cuts)).told).toMatchObject([
          { usd: 0.5, generationId: 'gen-1' },
        ]);
      }),
    );
  });

  it('finds the usage at the end of an answer of more than a mebibyte, whatever the chunks are', () => {
    const bytes = bytesOf(
      JSON.stringify({ data: [{ b64_json: LONG, usage: { cost: 9 } }], usage, id: 'gen-1' }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(3_000_000), { maxLength: 20 }), (cuts) => {
        expect(readChunks('json', divide(bytes, cuts)).told).toMatchObject([
          { usd: 0.5, generationId: 'gen-1' },
        ]);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['of a nested object', { data: [{ b64_json: LONG }, { usage: { cost: 9 } }] }],
    ['in a string', { b64_json: LONG, text: '"usage":{"cost":9}}' }],
    ['before all the rest', { usage: { cost: 9 }, b64_json: LONG }],
  ])('takes no usage %s for that of a long answer', (_name, body) => {
    expect(readChunks('json', [bytesOf(JSON.stringify(body))]).told).toEqual([]);
  });

  it('tells the body of an error as it is, and an error in a success in its envelope', () => {
    const error = { code: 402, message: 'Insufficient credits' };

    expect(
      readChunks('json', [bytesOf(JSON.stringify({ error, user_id: 'u' }))], { isError: true }).erred,
    ).toEqual([{ error, user_id: 'u' }]);
    expect(readChunks('json', [bytesOf(JSON.stringify({ error, choices: [] }))]).erred).toEqual([{ error }]);
  });

  it.each(['', '   ', 'null', '[]', '"usage"', '<html>"usage"</html>', `{"usage":${'{"a":'.repeat(50_000)}`])(
    'states nothing for %.20p',
    (text) => {
      expect(readChunks('json', [bytesOf(text)])).toMatchObject({ told: [], erred: [] });
    },
  );
});
