import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { HttpPipeline } from '../../lib/http/http-pipeline.js';
import type { OpenRouterCall } from '../../lib/http/openrouter-call.js';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import type { OpenRouterClient } from '../../lib/openrouter.client.js';
import { HiddenParts } from '../../lib/secret/hidden-parts.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  answerWell,
  cleanUp,
  clientOf,
  MANAGEMENT_KEY,
  sendJson,
  startServer,
  type TestServer,
} from '../support/servers.js';

afterEach(cleanUp);

const CALL: OpenRouterCall<unknown> = {
  operation: 'test.call',
  method: 'GET',
  path: '/credits',
  key: 'management',
  decode: (body) => body,
};

const pipelineOf = (client: OpenRouterClient): HttpPipeline =>
  new HiddenParts<{ readonly pipeline: HttpPipeline }>().of(client.credits).pipeline;

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

const RAW = new TypeError(`cannot read ${MANAGEMENT_KEY} of undefined`);

/** Hands over a body of its own making. */
function handingOver(data: unknown, status = 200): OpenRouterModuleOptions {
  return {
    axios: {
      adapter: (config) => Promise.resolve({ data, status, statusText: '', headers: {}, config }),
    },
  };
}

const oddStream = Object.assign(Readable.from(['x'], { objectMode: false }), { on: thrower(RAW) });
const listenerless = Object.assign(new EventTarget(), { aborted: false });
const BAD_SIGNAL = new Proxy(listenerless, {
  get: (target, name) =>
    name === 'addEventListener' ? thrower(RAW) : (Reflect.get(target, name) as unknown),
}) as unknown as AbortSignal;

const deep = (): unknown => {
  let value: unknown = {};
  for (let depth = 0; depth < 100_000; depth += 1) value = { value };
  return value;
};

const cases: [
  string,
  OpenRouterModuleOptions,
  (client: OpenRouterClient) => Promise<unknown>,
  { name: string; delivery: string; phase?: string },
][] = [
  [
    'a decoder that throws',
    {},
    (client) => pipelineOf(client).request({ ...CALL, decode: thrower(RAW) }),
    { name: 'OpenRouterResponseException', delivery: 'applied' },
  ],
  [
    'a decoder that throws something that is no error',
    {},
    (client) => pipelineOf(client).request({ ...CALL, decode: thrower(MANAGEMENT_KEY) }),
    { name: 'OpenRouterResponseException', delivery: 'applied' },
  ],
  [
    'a body that nests deeper than the stack',
    {},
    (client) => pipelineOf(client).request({ ...CALL, method: 'POST', body: deep() }),
    { name: 'OpenRouterConnectionException', delivery: 'not-sent', phase: 'queue' },
  ],
  [
    'a query that cannot be a text',
    {},
    (client) => pipelineOf(client).request({ ...CALL, query: { a: { toString: thrower(RAW) } as never } }),
    { name: 'OpenRouterConnectionException', delivery: 'not-sent', phase: 'queue' },
  ],
  [
    'a signal that cannot be listened to',
    {},
    (client) => client.credits.getCredits({ signal: BAD_SIGNAL }),
    { name: 'OpenRouterConnectionException', delivery: 'not-sent', phase: 'queue' },
  ],
  [
    'options that cannot be read',
    {},
    (client) => client.credits.getCredits(new Proxy({}, { ownKeys: thrower(RAW) })),
    { name: 'OpenRouterConnectionException', delivery: 'not-sent', phase: 'queue' },
  ],
  [
    'a stream of an adapter that throws',
    handingOver(oddStream),
    (client) => client.credits.getCredits(),
    { name: 'OpenRouterResponseException', delivery: 'applied' },
  ],
  [
    'a refusal whose stream throws',
    handingOver(oddStream, 402),
    (client) => client.credits.getCredits(),
    { name: 'OpenRouterResponseException', delivery: 'rejected' },
  ],
];

describe('whatever nobody has thought of', () => {
  it.each(cases)('is an exception of this package: %s', async (_name, options, act, expected) => {
    const server = await startServer(answerWell);
    const client = clientOf(server, { managementKey: MANAGEMENT_KEY, retry: false, ...options });
    const failure = await failureOf(act(client));
    expect(failure).toMatchObject(expected);
    expect(failure.message).toContain('failed unexpectedly');
    expect(leaksIn(failure, [MANAGEMENT_KEY])).toEqual([]);
  });

  it('leaves no timer behind', async () => {
    const client = clientOf(await startServer(answerWell));
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    await failureOf(client.credits.getCredits({ signal: BAD_SIGNAL }));
    await failureOf(pipelineOf(client).request({ ...CALL, method: 'POST', body: deep() }));
    expect(timers()).toBe(before);
  });
});

describe('long texts', () => {
  const LONG = 'a'.repeat(10_000_000);

  it.each([`sk-or-${LONG}`, `Bearer ${LONG}`, LONG, ' '.repeat(5_000_000), `<title>${LONG}`])(
    'in an answer of any status are no trouble (%#)',
    async (text) => {
      let server: TestServer | undefined;
      for (const status of [200, 402, 500]) {
        for (const body of [text, JSON.stringify({ error: { message: text, metadata: { [text]: text } } })]) {
          server = await startServer((_request, response) => sendJson(response, body, status));
          const failure = await failureOf(
            clientOf(server, { retry: false, timeoutMs: 20_000, deadlineMs: 20_000 }).credits.getCredits(),
            20_000,
          );
          expect(failure.name).toMatch(/^OpenRouter\w+Exception$/);
          expect(failure.message.length).toBeLessThan(1_200);
          await cleanUp();
        }
      }
    },
    240_000,
  );

  it('as the reason of an abort are no trouble', async () => {
    const server = await startServer(() => undefined);
    for (const reason of [new Error(`sk-or-${LONG}`), new Error(`Bearer ${LONG}`), LONG]) {
      const controller = new AbortController();
      const call = failureOf(clientOf(server).credits.getCredits({ signal: controller.signal }));
      controller.abort(reason);
      expect((await call).name).toBe('OpenRouterAbortException');
    }
  });
});

it('a key that a function gave is scrubbed, however many it has given since', async () => {
  const keys: string[] = [];
  const server = await startServer((request, response, index) => {
    // Answered when all have been asked for.
    const answer = () =>
      sendJson(response, { error: { message: `no ${String(request.headers.authorization).slice(7)}` } }, 403);
    pending.push(answer);
    if (index === 19) pending.splice(0).forEach((one) => one());
  });
  const pending: (() => void)[] = [];
  const client = clientOf(server, {
    managementKey: () => {
      const key = `tenant.${keys.length}.${'Zq81LmN0pXy2'.split('').sort().join(String(keys.length))}`;
      keys.push(key);
      return key;
    },
  });
  const failures = await Promise.all(
    Array.from({ length: 20 }, () => failureOf(client.credits.getCredits(), 10_000)),
  );
  expect(failures.map(({ message }) => message)).toEqual(Array<string>(20).fill('no [redacted]'));
});
