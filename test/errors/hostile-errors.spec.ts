import { afterEach, describe, expect, it } from '@jest/globals';
import { createApiException } from '../../lib/errors/api-exception.factory.js';
import {
  classifyOpenRouterError,
  OpenRouterApiException,
  OpenRouterConfigException,
  OpenRouterException,
  type OpenRouterErrorVerdict,
  OpenRouterValidationException,
} from '../../lib/errors/index.js';
import { safeCause } from '../../lib/errors/safe-cause.js';
import { scrubShapes } from '../../lib/secret/scrub.js';
import { leaksIn } from '../support/leaks.js';
import { API_KEY, cleanUp, clientOf, startServer } from '../support/servers.js';

const MB = 1_000_000;
/** Of processor time, which a busy machine does not change; much more than it takes. */
const MS_FOR_EACH_MB = 50;

afterEach(cleanUp);

/** Runs something, and holds what it costs against the size of what it is given: the least of some runs is its own cost. */
function within<T>(megabytes: number, run: () => T): T {
  const most = MS_FOR_EACH_MB * Math.max(megabytes, 1) + 50;
  for (let runs = 1; ; runs += 1) {
    const before = process.cpuUsage();
    const result = run();
    const { user, system } = process.cpuUsage(before);
    const took = (user + system) / 1_000;
    if (took < most || runs === 3) {
      expect(took).toBeLessThan(most);
      return result;
    }
  }
}

const long = 'a'.repeat(20 * MB);

/** Texts that are hard on a pattern, each of 20 MB. */
const TEXTS: Readonly<Record<string, string>> = {
  letters: long,
  'a key': `sk-or-v1-${long}`,
  'a bearer token': `bearer ${long}`,
  'many keys': 'sk-or-v1-0123456789abcdef '.repeat((20 * MB) / 26),
  digits: '7'.repeat(20 * MB),
  'white space': ' '.repeat(20 * MB),
  'white space at the end': `x${' '.repeat(20 * MB)}`,
  'the beginning of a page': '<title '.repeat((20 * MB) / 7),
  'a title': `<title>${long}</title>`,
  'a token in three parts': `eyJ${long}.${'b'.repeat(MB)}.`,
  braces: '{'.repeat(20 * MB),
  'braces of Python': `{'${"{'".repeat(10 * MB)}`,
  'strings of Python': `{'error': '${"\\'".repeat(10 * MB)}`,
  'open lists': '{"error":'.repeat((20 * MB) / 9),
  'JSON that is cut off': `{"error":{"code":402,"message":"${long}`,
  quotes: '\\"'.repeat(10 * MB),
  'escaped quotes': `{"message":"${'\\"'.repeat(10 * MB)}`,
  'what can be paid': `can only afford ${'1'.repeat(20 * MB)}`,
  'a generic message': `Provider returned error${'.'.repeat(20 * MB)}`,
  'a workspace': `workspace ${'budget '.repeat(3 * MB)}`,
};

const MEMBERS = [
  'message',
  'code',
  'type',
  'error_type',
  'http_status',
  'limit_source',
  'reason',
  'resets_at',
  'raw',
  'provider_name',
  'retry_after',
  'retry_after_seconds',
] as const;

describe.each(Object.entries(TEXTS))('a text of 20 MB: %s', (_name, text) => {
  it('is read at any place of an error of another client', () => {
    for (const member of MEMBERS) {
      const error = { code: 402, message: 'Refused.', [member]: text, metadata: { [member]: text } };
      for (const thrown of [
        { status: 402, body: { error } },
        { status: 402, data: error },
        Object.assign(new Error('x'), { error }),
      ]) {
        const verdict = within(20, () => classifyOpenRouterError(thrown));
        expect(verdict.message.length).toBeLessThan(1_300);
      }
    }
  });

  it('is read as a body, a message, a name, a header', () => {
    for (const thrown of [
      { status: 502, body: text },
      { status: 502, headers: { 'content-type': 'text/html' }, body: text },
      { error: text },
      { status: 429, headers: { 'retry-after': text, 'x-ratelimit-reset': text, date: text } },
      { response: { status: 502, data: text } },
      { name: text, code: text, status: 502 },
      new Error(text),
      text,
    ]) {
      const verdict = within(20, () => classifyOpenRouterError(thrown));
      expect(verdict.message.length).toBeLessThan(1_300);
    }
  });

  it('is read in exceptions of ours', () => {
    for (const make of [
      () => new OpenRouterApiException({ status: 402, message: text, metadata: { raw: text } }),
      () => new OpenRouterException('X', text),
      () => new OpenRouterConfigException(text, { cause: safeCause(new Error(text), scrubShapes) }),
      () => new OpenRouterValidationException('x', [{ property: text, constraints: { rule: text } }]),
      () =>
        createApiException({
          status: 502,
          header: () => text,
          body: text,
          operation: 'x',
          scrub: scrubShapes,
        }),
      () =>
        createApiException({
          status: 402,
          header: () => undefined,
          body: JSON.stringify({ error: { code: 402, message: text, metadata: { raw: text } } }),
          operation: 'x',
          scrub: scrubShapes,
        }),
    ]) {
      // Twice, since the text is made into JSON first.
      const exception = within(80, make);
      expect(exception.message.length).toBeLessThan(40_000);
      within(20, () => classifyOpenRouterError(exception));
    }
  });
});

describe('what a long message says', () => {
  it.each<[string, (text: string) => unknown]>([
    ['parsed', (message) => ({ status: 402, body: { error: { code: 402, message } } })],
    ['as text', (message) => ({ status: 402, body: JSON.stringify({ error: { code: 402, message } }) })],
    [
      'cut off',
      (message) => ({
        status: 402,
        body: JSON.stringify({ error: { code: 402, message } }).slice(0, 65_536),
      }),
    ],
    ['bare', (message) => Object.assign(new Error('x'), { data: { code: 402, message } })],
  ])('is read from its beginning: %s', (_name, shape) => {
    const message = `This request requires more credits, but can only afford 12. Create a key with a higher limit ${long}`;
    expect(classifyOpenRouterError(shape(message))).toMatchObject({
      kind: 'key-limit',
      affordableTokens: 12,
      message: expect.stringContaining('requires more credits'),
    } satisfies Partial<Record<keyof OpenRouterErrorVerdict, unknown>>);
  });
});

describe('large structures', () => {
  const many = Object.fromEntries(Array.from({ length: 500_000 }, (_, at) => [`member${at}`, at]));
  const deep = JSON.parse(`${'{"error":'.repeat(500_000)}1${'}'.repeat(500_000)}`) as object;
  const list = Array.from({ length: 1_000_000 }, (_, at) => ({ error: { code: at } }));

  it.each<[string, unknown]>([
    ['many members', { status: 402, body: { error: { code: 402, message: 'x', metadata: many } } }],
    ['many headers', { status: 429, headers: many, body: { error: { metadata: { headers: many } } } }],
    ['deep', { status: 402, body: deep }],
    ['many choices', { choices: list }],
    ['many errors', Object.assign(new Error('x'), { errors: list })],
    ['issues', { status: 400, body: { error: { message: `[${'{"message":"x"},'.repeat(MB)}{}]` } } }],
    ['choices in choices', choicesIn(8)],
    ['messages in messages', { error: { message: quoted(12) } }],
  ])('are read at no cost: %s', (_name, error) => {
    within(20, () => classifyOpenRouterError(error));
  });

  it('are cut, in metadata, to 256 members, six levels and 2 000 characters of a string', () => {
    const body = JSON.stringify({
      error: {
        message: 'x',
        metadata: {
          first: 'kept',
          text: 'y'.repeat(5_000),
          list: Array.from({ length: 999 }, (_, at) => at),
          last: 'lost',
        },
      },
    });
    const { metadata } = exceptionOf(body);
    expect(metadata).toMatchObject({ first: 'kept', text: `${'y'.repeat(2_000)}…` });
    const items = metadata!['list'] as unknown[];
    expect(items).toHaveLength(254);
    expect(items.slice(-2)).toEqual([252, '[cut short]']);
    expect(metadata).not.toHaveProperty('last');
    expect(metadata!['…']).toBe('[cut short]');
  });

  it('are cut, in metadata, by the length of all strings together', () => {
    const texts = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`m${at}`, 'z'.repeat(1_900)]));
    const { metadata } = exceptionOf(JSON.stringify({ error: { message: 'x', metadata: texts } }));
    expect(JSON.stringify(metadata).length).toBeLessThan(80_000);
    expect(metadata!['m0']).toBe('z'.repeat(1_900));
  });

  it('cost little in metadata, whatever they are made of', () => {
    const kinds: object[] = [
      many,
      { list },
      { deep },
      { text: long },
      Object.fromEntries(
        Array.from({ length: 20_000 }, (_, at) => [`${'n'.repeat(500)}${at}`, 'v'.repeat(500)]),
      ),
    ];
    for (const metadata of kinds) {
      const body = JSON.stringify(metadata === kinds[2] ? {} : { error: { message: 'x', metadata } });
      within(body.length / MB, () => exceptionOf(body));
    }
  });
});

describe('half of a key', () => {
  it('is not shown where a text is cut', () => {
    for (let at = 16_300; at < 16_400; at += 3) {
      for (const around of [' ', 'x', `${API_KEY} `]) {
        const text = around.repeat(Math.ceil(at / around.length)).slice(0, at) + API_KEY + long.slice(0, 100);
        for (const error of [
          { status: 500, body: { error: { message: text } } },
          { status: 500, body: text },
          { status: 500, body: `<title>${text}</title>` },
          new Error(text),
        ]) {
          expect(leaksIn(classifyOpenRouterError(error), [API_KEY])).toEqual([]);
        }
        expect(leaksIn(new OpenRouterException('X', text).message, [API_KEY])).toEqual([]);
      }
    }
  });

  it('is not shown where a body was cut off', () => {
    const whole = JSON.stringify({
      error: { code: 500, metadata: { raw: 'y'.repeat(3_000) }, message: `No ${API_KEY}` },
    });
    for (let length = whole.length - API_KEY.length - 4; length < whole.length; length += 1) {
      const body = whole.slice(0, length);
      expect(leaksIn(exceptionOf(body), [API_KEY])).toEqual([]);
      expect(leaksIn(classifyOpenRouterError({ status: 500, body }), [API_KEY])).toEqual([]);
    }
  });
});

describe('a call that is answered with a long message', () => {
  it('fails with an exception of ours that says it, and reportError takes it', async () => {
    const message = `Insufficient credits. ${long.slice(0, 6 * MB)}`;
    const { baseUrl } = await startServer((_request, response) => {
      response.writeHead(402, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 402, message, metadata: { raw: message } } }));
    });
    const client = clientOf(baseUrl, { retry: false });
    const failure: unknown = await client.credits.getCredits().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenRouterApiException);
    expect(failure).toMatchObject({ status: 402, delivery: 'rejected' });
    expect(() => client.balance.reportError(failure)).not.toThrow();
    expect(() =>
      client.balance.reportError(Object.assign(new Error(message), { status: 402 })),
    ).not.toThrow();
  });
});

function exceptionOf(body: string): OpenRouterApiException {
  return createApiException({
    status: 500,
    header: () => undefined,
    body,
    operation: 'x',
    scrub: scrubShapes,
  });
}

function choicesIn(depth: number): object {
  const inner = depth === 0 ? {} : choicesIn(depth - 1);
  return { choices: Array.from({ length: 8 }, () => ({ error: inner })) };
}

function quoted(times: number): string {
  return times === 0 ? 'x' : JSON.stringify({ error: { message: quoted(times - 1) } });
}
