import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf, divide, readChunks } from './support/recording-listener.js';

const USAGE = { prompt_tokens: 3, completion_tokens: 5, cost: 0.000123 };
const LAST = JSON.stringify({ id: 'gen-1', model: 'a/b', choices: [], usage: USAGE });
const delta = (content: string): string =>
  `data: ${JSON.stringify({ id: 'gen-1', choices: [{ delta: { content } }], usage: null, error: null })}\n\n`;

/** A stream in which what the model has written looks like a usage. */
const STREAM = [
  ': OPENROUTER PROCESSING\n\n',
  delta('Hel'),
  delta('"usage":{"cost":7}\n\ndata: {"usage":{"cost":8}}\n\n'),
  delta('ü€😀'),
  `event: message\nid: 4\ndata: ${LAST}\n\n`,
  'data: [DONE]\n\n',
].join('');

const EMPTY = new Uint8Array(0);

describe('the reader of a stream of events', () => {
  it('finds the same cost whatever the chunks are, and tells it before the stream is over', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(2_000), { maxLength: 40 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        (cuts, newline, hasMark) => {
          const text = (hasMark ? '\uFEFF' : '') + STREAM.replaceAll('\n', newline);
          const { told, erred, before } = readChunks('events', [EMPTY, ...divide(bytesOf(text), cuts)]);

          expect(told).toEqual([expect.objectContaining({ usd: 0.000123, model: 'a/b', promptTokens: 3 })]);
          expect(before).toBe(1);
          expect(erred).toEqual([]);
        },
      ),
    );
  });

  it('finds the cost byte by byte', () => {
    const { told } = readChunks(
      'events',
      [...bytesOf(STREAM)].map((byte) => Uint8Array.of(byte)),
    );

    expect(told).toHaveLength(1);
  });

  it('joins the lines of data of one event', () => {
    const event = 'data: {"id":"gen-1",\ndata:"usage"\ndata: : {"cost":0.5}}\n\n';

    expect(readChunks('events', [bytesOf(event)]).told).toMatchObject([{ usd: 0.5 }]);
  });

  it('reads a last event without an empty line', () => {
    expect(readChunks('events', [bytesOf(`data: ${LAST}`)]).told).toHaveLength(1);
  });

  it('tells each statement of several events', () => {
    const start = { type: 'message_start', message: { model: 'a/b', usage: { input_tokens: 9 } } };
    const end = { type: 'message_delta', usage: { output_tokens: 7 } };
    const text = [start, end]
      .map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
      .join('');

    expect(readChunks('events', [bytesOf(text)]).told).toMatchObject([
      { model: 'a/b', promptTokens: 9, usd: undefined },
      { completionTokens: 7, usd: undefined },
    ]);
  });

  it('tells an error of a stream, without what the model has written', () => {
    const error = { code: 502, message: 'The provider has failed' };
    const data = { id: 'gen-1', error, choices: [{ delta: { content: 'secret' }, finish_reason: 'error' }] };

    expect(readChunks('events', [bytesOf(`data: ${JSON.stringify(data)}\n\n`)]).erred).toEqual([{ error }]);
  });

  it('reads the id of the generation out of the first event if it is asked for', () => {
    const text = `: comment\n\n${delta('a')}${delta('b')}`;

    expect(readChunks('events', [bytesOf(text)], { wantsId: true }).told).toMatchObject([
      { generationId: 'gen-1' },
    ]);
    expect(readChunks('events', [bytesOf(text)]).told).toEqual([]);
  });

  it('passes over an event of more than a mebibyte, and reads the next one', () => {
    const long = `data: ${JSON.stringify({ b64_json: 'A'.repeat(1_048_576), usage: { cost: 9 } })}\n\n`;
    const chunks = divide(
      bytesOf(`${delta('x')}${long}data: ${LAST}\n\n`),
      Array.from({ length: 40 }, (_, index) => index * 32_768),
    );

    expect(readChunks('events', chunks).told).toMatchObject([{ usd: 0.000123 }]);
    expect(readChunks('events', [bytesOf(`${long}data: ${LAST}\n\n`)]).told).toMatchObject([
      { usd: 0.000123 },
    ]);
  });

  it.each([
    ['what is no JSON', 'data: {"usage": {"cost": 1\n\n'],
    ['deep nesting', `data: {"usage": ${'['.repeat(100_000)}\n\n`],
    ['huge numbers', 'data: {"usage": {"cost": 1e999, "prompt_tokens": 1e300}}\n\n'],
    ['bytes that are no UTF-8', 'data: \uD800{"usage": 1}\n\n'],
  ])('states nothing for %s', (_name, text) => {
    expect(readChunks('events', [bytesOf(text)])).toMatchObject({ told: [], erred: [] });
  });
});
