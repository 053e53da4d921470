import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenRouterInstrumentation } from '../../lib/contracts/instrumentation.js';
import {
  OpenRouterAbortException,
  OpenRouterConnectionException,
  OpenRouterNotFoundException,
  OpenRouterServiceUnavailableException,
  OpenRouterTimeoutException,
  OpenRouterValidationException,
} from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import {
  type Answer,
  answerWell,
  API_KEY,
  cleanUp,
  clientOf,
  CREDITS,
  MANAGEMENT_KEY,
  sendError,
  sendJson,
  startServer,
  type TestServer,
} from '../support/servers.js';
import { sleep, timed, until } from '../support/waiting.js';

afterEach(cleanUp);

const ID = 'gen-3bhGkxlo4XFrqiabUM7NDtwDzWwG';

/** The API's own example. */
const WIRE = {
  api_type: 'completions',
  app_id: 12_345,
  cache_discount: null,
  cancelled: false,
  created_at: '2024-07-15T23:33:19.433273+00:00',
  data_region: 'global',
  external_user: 'user-123',
  finish_reason: 'stop',
  generation_time: 1_200,
  http_referer: 'https://openrouter.ai/',
  id: ID,
  is_byok: false,
  latency: 1_250,
  model: 'sao10k/l3-stheno-8b',
  moderation_latency: 50,
  native_finish_reason: 'stop',
  native_tokens_cached: 3,
  native_tokens_completion: 25,
  native_tokens_completion_images: 0,
  native_tokens_prompt: 10,
  native_tokens_reasoning: 5,
  num_fetches: 0,
  num_input_audio_prompt: 0,
  num_media_completion: 0,
  num_media_prompt: 1,
  num_search_results: 5,
  origin: 'https://openrouter.ai/',
  preset_id: 'a9e8d400-592a-494f-908c-375efa66cafd',
  provider_name: 'Infermatic',
  provider_responses: null,
  request_id: 'req-1727282430-aBcDeFgHiJkLmNoPqRsT',
  response_cache_source_id: 'gen-0',
  router: 'openrouter/auto',
  service_tier: 'priority',
  session_id: null,
  streamed: true,
  tokens_completion: 25,
  tokens_prompt: 10,
  total_cost: 0.0015,
  upstream_id: 'chatcmpl-791bcf62-080e-4568-87d0-94c72e3b4946',
  upstream_inference_cost: 0.0012,
  usage: 0.0015,
  user_agent: 'Mozilla/5.0',
  web_search_engine: 'exa',
  workspace_id: '550e8400-e29b-41d4-a716-446655440000',
};

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function found(_request: unknown, response: Parameters<Answer>[1]): void {
  sendJson(response, { data: WIRE });
}

/** A server on which the generation appears after some 404s. */
function appearing(misses: number): Promise<TestServer> {
  return startServer((request, response, index) =>
    index < misses ? sendError(response, 404, { message: 'Generation not found' }) : found(request, response),
  );
}

describe('a generation', () => {
  it('is asked for with the ordinary key', async () => {
    const server = await startServer(found);
    await clientOf(server).generations.get(ID);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: `/api/v1/generation?id=${ID}` });
    expect(server.requests[0]!.headers['authorization']).toBe(`Bearer ${API_KEY}`);
  });

  it('is asked for with the management key where there is no other', async () => {
    const server = await startServer(found);
    await clientOf(server, { apiKey: undefined }).generations.get(ID);
    expect(server.requests[0]!.headers['authorization']).toBe(`Bearer ${MANAGEMENT_KEY}`);
  });

  it('says what a refused management key is told in a strange way', async () => {
    const server = await startServer((_request, response) =>
      sendError(response, 401, { message: 'User not found.' }),
    );
    const failure = await failureOf(clientOf(server, { apiKey: undefined }).generations.get(ID));
    expect(failure.message).toContain('a management key, which inference does not accept');
  });

  it('has all that the API documents, without what is null', async () => {
    const server = await startServer(found);
    const expected = Object.entries(WIRE)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [camelCase(name), name === 'created_at' ? new Date(value as string) : value]);
    expect(expected).toHaveLength(42);
    await expect(clientOf(server).generations.get(ID)).resolves.toStrictEqual(Object.fromEntries(expected));
  });

  it('has the answers of the providers', async () => {
    const responses = [
      {
        endpoint_id: 'ep_abc123',
        id: 'chatcmpl-abc123',
        is_byok: false,
        latency: 1_200,
        model_permaslug: 'openai/gpt-4',
        provider_name: 'A new one',
        status: 200,
      },
      { status: 503, latency: null },
      null,
    ];
    const server = await startServer((_request, response) =>
      sendJson(response, { data: { ...WIRE, provider_responses: responses } }),
    );
    const { providerResponses } = await clientOf(server).generations.get(ID);
    expect(providerResponses).toStrictEqual([
      {
        endpointId: 'ep_abc123',
        id: 'chatcmpl-abc123',
        isByok: false,
        latency: 1_200,
        modelPermaslug: 'openai/gpt-4',
        providerName: 'A new one',
        status: 200,
      },
      { status: 503 },
    ]);
  });

  it('needs an id and a cost, and nothing else', async () => {
    let data: object = { id: ID, total_cost: 0, usage: 0 };
    const server = await startServer((_request, response) => sendJson(response, { data }));
    const { generations } = clientOf(server);
    await expect(generations.get(ID)).resolves.toStrictEqual({ id: ID, totalCost: 0, usage: 0 });
    for (const [name, value] of [
      ['id', undefined],
      ['id', 5],
      ['total_cost', undefined],
      ['total_cost', '0.1'],
      ['usage', null],
      ['upstream_inference_cost', '0.1'],
      ['cache_discount', {}],
    ] as const) {
      data = { ...WIRE, [name]: value };
      expect(await failureOf(generations.get(ID))).toMatchObject({
        name: 'OpenRouterResponseException',
        path: `data.${name}`,
      });
    }
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 5],
    ['a list', [ID]],
    ['a blank id', ''],
    ['a space', ' '],
    ['an id with a line break', `${ID}\n`],
    ['a path', '../credits'],
    ['a query', 'gen-1&x=y'],
    ['an id that is too long', `gen-${'a'.repeat(200)}`],
    ['a key', API_KEY],
  ])('is not looked for by %s', async (_title, id) => {
    const server = await startServer(found);
    const failure = await failureOf(clientOf(server).generations.get(id as string));
    expect(failure).toBeInstanceOf(OpenRouterValidationException);
    expect(failure).toMatchObject({ errors: [{ property: 'id' }] });
    expect(failure.message).toMatch(/^generations\.get: `id` must be the id of a generation/);
    expect(failure.message).not.toContain('a1b2c3d4');
    expect(server.requests).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['a negative wait', { waitMs: -1 }, 'waitMs'],
    ['NaN', { waitMs: NaN }, 'waitMs'],
    ['Infinity', { waitMs: Infinity }, 'waitMs'],
    ['a wait beyond every timer', { waitMs: 2_147_483_648 }, 'waitMs'],
    ['a text', { waitMs: '500' }, 'waitMs'],
    ['null', { waitMs: null }, 'waitMs'],
    ['true', { waitMs: true }, 'waitMs'],
    ['a name that is nearly right', { waitms: 500 }, 'waitms'],
    ['a wrong option beside it', { waitMs: 500, timeoutMs: 0 }, 'timeoutMs'],
    ['a number for the options', 500, ''],
    ['null for the options', null, ''],
  ])('is not waited for with %s', async (_title, options, property) => {
    const server = await startServer(found);
    const failure = await failureOf(clientOf(server).generations.get(ID, options as never));
    expect(failure).toBeInstanceOf(OpenRouterValidationException);
    expect(failure).toMatchObject({ errors: [{ property }] });
    if (property === 'waitms') expect(failure.message).toContain('did you mean `waitMs`?');
    expect(server.requests).toEqual([]);
  });
});

describe('a generation that is not there yet', () => {
  it.each([
    ['without waitMs', undefined],
    ['with no options', {}],
    ['with waitMs 0', { waitMs: 0 }],
    ['with waitMs undefined', { waitMs: undefined }],
  ])('is told at once %s', async (_title, options) => {
    const server = await appearing(Infinity);
    const failure = await failureOf(clientOf(server).generations.get(ID, options));
    expect(failure).toBeInstanceOf(OpenRouterNotFoundException);
    expect(failure).toMatchObject({ status: 404, message: 'Generation not found', delivery: 'rejected' });
    expect(server.requests).toHaveLength(1);
  });

  it('is waited for with growing pauses', async () => {
    const server = await appearing(2);
    const { outcome, stalledMs, waitedMs } = await timed(() =>
      clientOf(server).generations.get(ID, { waitMs: 5_000 }),
    );
    expect(outcome.totalCost).toBe(0.0015);
    const pauses = server.requests.slice(1).map(({ at }, index) => at - server.requests[index]!.at);
    expect(pauses).toHaveLength(2);
    for (const [index, least] of [125, 250].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 2);
      expect(pauses[index]! - stalledMs).toBeLessThan(2 * least + 400);
    }
    expect(waitedMs).toBeLessThan(2_500);
  });

  it('is told once the wait is over, with a last look at its end', async () => {
    const server = await appearing(Infinity);
    const { ms, outcome, waitedMs } = await timed(() =>
      failureOf(clientOf(server).generations.get(ID, { waitMs: 500 })),
    );
    expect(outcome).toBeInstanceOf(OpenRouterNotFoundException);
    expect(outcome).toMatchObject({ operation: 'generations.get', delivery: 'rejected' });
    expect(ms).toBeGreaterThanOrEqual(495);
    expect(waitedMs).toBeLessThan(900);
    const { length } = server.requests;
    expect(server.requests[length - 1]!.at - server.requests[0]!.at).toBeGreaterThan(450);
  });

  it('is waited for with retry: false and without any retries, too', async () => {
    for (const retry of [false, { maxRetries: 0 }] as const) {
      const server = await appearing(1);
      await clientOf(server).generations.get(ID, { waitMs: 2_000, retry });
      expect(server.requests).toHaveLength(2);
    }
  });

  it('uses up none of the retries of the call', async () => {
    const statuses = [404, 503, 503, 404, 200];
    const server = await startServer((request, response, index) =>
      statuses[index] === 200 ? found(request, response) : sendError(response, statuses[index]!),
    );
    await clientOf(server, { retry: { maxRetries: 2 } }).generations.get(ID, { waitMs: 8_000 });
    expect(server.requests).toHaveLength(statuses.length);
  });

  it('uses up nothing of the budget of retries, which 50 retries would', async () => {
    let credits = 0;
    const server = await startServer((request, response, index) => {
      if (request.path.includes('generation')) {
        if (index < 150) sendError(response, 404);
        else found(request, response);
      } else if (credits++ === 0) sendError(response, 503);
      else answerWell(request, response);
    });
    const client = clientOf(server, { timeoutMs: 20_000, retry: { maxRetries: 1 } });
    await Promise.all(Array.from({ length: 50 }, () => client.generations.get(ID, { waitMs: 20_000 })));
    expect(server.requests.length).toBeGreaterThan(120);
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
  });

  it('has faults on the way retried as ever, and no more often', async () => {
    const server = await startServer((_request, response, index) =>
      index % 2 === 0 ? sendError(response, 404) : sendError(response, 503),
    );
    const failure = await failureOf(
      clientOf(server, { retry: { maxRetries: 1 } }).generations.get(ID, { waitMs: 8_000 }),
    );
    expect(failure).toBeInstanceOf(OpenRouterServiceUnavailableException);
    expect(server.requests).toHaveLength(4);

    const resetting = await startServer((_request, response, index) =>
      index === 0 ? sendError(response, 404) : response.destroy(),
    );
    expect(
      await failureOf(clientOf(resetting, { retry: false }).generations.get(ID, { waitMs: 8_000 })),
    ).toBeInstanceOf(OpenRouterConnectionException);
    expect(resetting.requests).toHaveLength(2);
  });

  it('may take waitMs and one attempt, whatever the deadline of the module', async () => {
    const server = await startServer((_request, response, index) => {
      if (index === 0) sendError(response, 404);
    });
    const client = clientOf(server, { timeoutMs: 150, deadlineMs: 100, retry: false });
    const { outcome, waitedMs } = await timed(() => failureOf(client.generations.get(ID, { waitMs: 300 })));
    expect(outcome).toBeInstanceOf(OpenRouterTimeoutException);
    expect(outcome).toMatchObject({ timeoutMs: 150, phase: 'headers' });
    expect(waitedMs).toBeLessThan(600);

    const late = await startServer((_request, response, index) => {
      setTimeout(() => sendError(response, 404), index === 0 ? 0 : 60);
    });
    const patient = clientOf(late, { deadlineMs: 10 });
    expect(await failureOf(patient.generations.get(ID, { waitMs: 200 }))).toBeInstanceOf(
      OpenRouterNotFoundException,
    );
    expect(late.requests.length).toBeGreaterThan(1);
  });

  it('is told early where the call’s own deadline leaves no time for another look', async () => {
    const server = await appearing(Infinity);
    const { outcome, waitedMs } = await timed(() =>
      failureOf(clientOf(server).generations.get(ID, { waitMs: 60_000, deadlineMs: 350 })),
    );
    expect(outcome).toBeInstanceOf(OpenRouterNotFoundException);
    expect(waitedMs).toBeLessThan(345);
    expect(server.requests.length).toBeGreaterThan(1);
  });

  it('can be waited for as long as a timer can run', async () => {
    const server = await appearing(1);
    await clientOf(server).generations.get(ID, { waitMs: 2_147_483_647 });
    expect(server.requests).toHaveLength(2);
  });

  it('is not waited for beyond what the server asks for', async () => {
    const server = await startServer((_request, response) =>
      sendError(response, 404, {}, { 'retry-after': '5' }),
    );
    const { outcome, waitedMs } = await timed(() =>
      failureOf(clientOf(server).generations.get(ID, { waitMs: 2_000 })),
    );
    expect(outcome).toMatchObject({ status: 404, retryAfterMs: 5_000 });
    expect(waitedMs).toBeLessThan(500);
  });

  it('is given up at once when the signal fires, or the client is closed', async () => {
    for (const end of ['signal', 'close'] as const) {
      const server = await appearing(Infinity);
      let retries = 0;
      const client = clientOf(server, { instrumentation: { onRetry: () => void (retries += 1) } });
      const controller = new AbortController();
      const failed = failureOf(client.generations.get(ID, { waitMs: 60_000, signal: controller.signal }));
      await until(() => retries === 1);
      const { outcome, waitedMs } = await timed(async () => {
        if (end === 'signal') controller.abort();
        else await client.close();
        return failed;
      });
      expect(outcome).toBeInstanceOf(OpenRouterAbortException);
      expect(outcome).toMatchObject({ delivery: 'rejected' });
      expect(waitedMs).toBeLessThan(100);
      const seen = server.requests.length;
      await sleep(300);
      expect(server.requests).toHaveLength(seen);
    }
  });

  it('is told to the instrumentation, without its id', async () => {
    const told: [string, ...unknown[]][] = [];
    const instrumentation: OpenRouterInstrumentation = {
      onRequest: ({ attempt }) => told.push(['request', attempt]),
      onRetry: ({ attempt, urlTemplate }, { status, delayMs }) =>
        told.push(['retry', attempt, urlTemplate, status, delayMs >= 125 && delayMs <= 250]),
      onResponse: ({ attempt }, { status }) => told.push(['response', attempt, status]),
    };
    const server = await appearing(1);
    await clientOf(server, { instrumentation }).generations.get(ID, { waitMs: 1_000 });
    expect(told).toEqual([
      ['request', 1],
      ['retry', 1, '/generation', 404, true],
      ['request', 2],
      ['response', 2, 200],
    ]);
  });
});
