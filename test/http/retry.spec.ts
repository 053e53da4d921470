import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RequestOptions } from '../../lib/contracts/request-options.js';
import {
  OpenRouterConnectionException,
  OpenRouterPaymentRequiredException,
  OpenRouterResponseException,
  OpenRouterServiceUnavailableException,
  OpenRouterTimeoutException,
  OpenRouterTooManyRequestsException,
} from '../../lib/errors/index.js';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import { failureOf } from '../support/failures.js';
import { lookingUp, lookupError } from '../support/lookup.js';
import {
  answerWell,
  CHARGE,
  cleanUp,
  clientOf,
  closedPort,
  CREDITS,
  sendError,
  sendJson,
  startRawServer,
  startServer,
  type TestServer,
} from '../support/servers.js';
import { timed } from '../support/waiting.js';

afterEach(cleanUp);

function failing(status: number, times: number, error: object = {}, headers = {}): Promise<TestServer> {
  return startServer((request, response, index) =>
    index < times ? sendError(response, status, error, headers) : answerWell(request, response),
  );
}

describe('a GET', () => {
  it.each([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529])(
    'is sent again after a %i',
    async (status) => {
      const server = await failing(status, 2);
      await expect(clientOf(server).credits.getCredits()).resolves.toEqual(CREDITS);
      expect(server.requests.length).toBe(3);
    },
  );

  it.each([300, 302, 304, 400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 422, 501, 505, 599])(
    'is not sent again after a %i',
    async (status) => {
      const server = await failing(status, Infinity);
      expect(await failureOf(clientOf(server).credits.getCredits())).toMatchObject({ status });
      expect(server.requests.length).toBe(1);
    },
  );

  it.each<[string, OpenRouterModuleOptions['retry'], RequestOptions['retry'], number]>([
    ['2 retries of the module', { maxRetries: 2 }, undefined, 3],
    ['none of the module', { maxRetries: 0 }, undefined, 1],
    ['retry: false of the module', false, undefined, 1],
    ['1 of the call over 2', { maxRetries: 2 }, { maxRetries: 1 }, 2],
    ['4 of the call over 2', { maxRetries: 2 }, { maxRetries: 4 }, 5],
    ['retry: false of the call', { maxRetries: 2 }, false, 1],
    ['2 of the call over retry: false', false, { maxRetries: 2, initialDelayMs: 1 }, 3],
    ['undefined of the call', { maxRetries: 1 }, { maxRetries: undefined }, 2],
    ['other codes of the call', { maxRetries: 2 }, { retryCodes: [500] }, 1],
    ['no codes of the module', { retryCodes: [] }, undefined, 1],
  ])('is sent as often as told: %s', async (_name, retry, ofCall, expected) => {
    const server = await failing(503, Infinity);
    const failure = await failureOf(clientOf(server, { retry }).credits.getCredits({ retry: ofCall }));
    expect(failure).toBeInstanceOf(OpenRouterServiceUnavailableException);
    expect(server.requests.length).toBe(expected);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['a reset', (socket) => socket.resetAndDestroy()],
    ['a close without an answer', (socket) => socket.end()],
    ['bytes that are no HTTP', (socket) => socket.end('SSH-2.0-x\r\n\r\n')],
    ['a body cut short', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"data":')],
    [
      'JSON cut short in a whole body',
      // Without `close`, the client may send the next request on a connection that ends at that moment.
      (socket) => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 8\r\n\r\n{"data":'),
    ],
  ])('is sent again after %s', async (_name, fault) => {
    const server = await startRawServer((socket, _head, index) => {
      if (index < 2) {
        fault(socket);
      } else {
        const body = '{"data":{"total_credits":100.5,"total_usage":25.75}}';
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      }
    });
    await expect(clientOf(server).credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(3);
  });

  it.each<[string, string]>([
    ['a page', '<html><title>Login</title></html>'],
    ['an empty body', ''],
    ['JSON of another shape', '{"data":{}}'],
  ])('is not sent again after a 200 with %s', async (_name, body) => {
    const server = await startServer((_request, response) => sendJson(response, body));
    expect(await failureOf(clientOf(server).credits.getCredits())).toBeInstanceOf(
      OpenRouterResponseException,
    );
    expect(server.requests.length).toBe(1);
  });

  it('is sent again after a timeout of one attempt', async () => {
    const server = await startServer((request, response, index) => {
      if (index > 0) answerWell(request, response);
    });
    await expect(clientOf(server, { timeoutMs: 200 }).credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(2);
  });

  it('rejects with the last failure', async () => {
    const server = await startServer((_request, response, index) =>
      sendError(response, [500, 502, 503][index]!, { message: `number ${index}` }),
    );
    expect(await failureOf(clientOf(server).credits.getCredits())).toMatchObject({
      status: 503,
      message: 'number 2',
    });
  });

  it('spreads its waits instead of repeating them', async () => {
    const server = await failing(503, 8);
    const client = clientOf(server, { retry: { maxRetries: 8, initialDelayMs: 20, maxDelayMs: 20 } });
    const { stalledMs } = await timed(() => client.credits.getCredits());
    const waits = server.requests
      .slice(1)
      .map(({ at }, index) => Math.round(at - server.requests[index]!.at));
    expect(Math.max(...waits) - stalledMs).toBeLessThan(200);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  it('stops where a wait would pass the deadline, with the failure of the server', async () => {
    const server = await failing(503, Infinity);
    const client = clientOf(server, {
      deadlineMs: 500,
      retry: { maxRetries: 50, initialDelayMs: 2_000_000, maxDelayMs: 2_000_000 },
    });
    const { outcome, waitedMs } = await timed(() => failureOf(client.credits.getCredits()));
    expect(outcome).toBeInstanceOf(OpenRouterServiceUnavailableException);
    expect(waitedMs).toBeLessThan(490);
  });
});

describe('what the server asks to wait', () => {
  it('is kept', async () => {
    const cases: [number, object, Record<string, string>][] = [
      [429, {}, { 'retry-after': '1' }],
      [503, {}, { 'retry-after': '1' }],
      [503, {}, { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:38 GMT' }],
      [402, { metadata: { limit_source: 'openrouter_in_flight_budget' } }, { 'retry-after': '1' }],
      [429, { metadata: { headers: { 'Retry-After': '1' } } }, {}],
    ];
    const servers = await Promise.all(
      cases.map(async ([status, error, headers]) => {
        const server = await failing(status, 1, error, headers);
        const { credits } = clientOf(server, { retry: { retryThrottledPost: true } });
        const { stalledMs } = await timed(() => credits.getCredits());
        return { ...server, stalledMs };
      }),
    );
    const throttled = await failing(429, 1, {}, { 'retry-after': '1' });
    const client = clientOf(throttled, { retry: { retryThrottledPost: true } });
    const { outcome, stalledMs } = await timed(() => client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(outcome).toEqual(CHARGE);
    expect(throttled.requests.map(({ body }) => body)).toEqual(['{"amount":1}', '{"amount":1}']);
    for (const { requests, stalledMs: stalled } of [...servers, { ...throttled, stalledMs }]) {
      expect(requests.length).toBe(2);
      const gapMs = requests[1]!.at - requests[0]!.at;
      expect(gapMs).toBeGreaterThanOrEqual(995);
      expect(gapMs - stalled).toBeLessThan(1_900);
    }
  });

  it.each([
    ['3600 seconds', '3600', 3_600_000],
    ['31 seconds', '31', 31_000],
    ['over a timer’s range', '4000000', 4_000_000_000],
  ])('fails the call at once where it is too long: %s', async (_name, retryAfter, retryAfterMs) => {
    const server = await failing(429, Infinity, {}, { 'retry-after': retryAfter });
    const { outcome, waitedMs } = await timed(() => failureOf(clientOf(server).credits.getCredits()));
    expect(outcome).toBeInstanceOf(OpenRouterTooManyRequestsException);
    expect(outcome).toMatchObject({ retryAfterMs, delivery: 'rejected' });
    expect(waitedMs).toBeLessThan(1_000);
    expect(server.requests.length).toBe(1);
  });

  it.each(['-1', '1.5', '1e9', '0x10', '5 seconds', '3,4', '99999999999999999999', 'soon'])(
    'is not guessed from %j',
    async (retryAfter) => {
      const server = await failing(429, 1, {}, { 'retry-after': retryAfter });
      const { waitedMs } = await timed(() => clientOf(server).credits.getCredits());
      expect(waitedMs).toBeLessThan(1_000);
      expect(server.requests.length).toBe(2);
    },
  );

  it('is measured from the clock of the server', async () => {
    const server = await failing(
      429,
      Infinity,
      {},
      {
        date: 'Sun, 06 Nov 1994 08:49:37 GMT',
        'retry-after': 'Sun, 06 Nov 1994 09:49:37 GMT',
      },
    );
    expect(await failureOf(clientOf(server).credits.getCredits())).toMatchObject({ retryAfterMs: 3_600_000 });
    expect(server.requests.length).toBe(1);
  });
});

describe('what else tells how long to wait', () => {
  const clock = { date: 'Sat, 28 Nov 2026 12:00:00 GMT' };
  const inSeconds = (seconds: number) => String(Date.UTC(2026, 10, 28, 12) + seconds * 1_000);

  it.each([429, 503])('is X-RateLimit-Reset of a %i, which is kept', async (status) => {
    const server = await failing(status, 1, {}, { ...clock, 'x-ratelimit-reset': inSeconds(1) });
    await expect(clientOf(server).credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests[1]!.at - server.requests[0]!.at).toBeGreaterThanOrEqual(990);
  });

  it.each<[string, number, object, Record<string, string>, number | undefined, number]>([
    ['beyond the deadline', 429, {}, { 'x-ratelimit-reset': inSeconds(3_600) }, 3_600_000, 1],
    ['beyond the deadline of a 503', 503, {}, { 'x-ratelimit-reset': inSeconds(3_600) }, 3_600_000, 1],
    ['in seconds', 429, {}, { 'x-ratelimit-reset': inSeconds(60).slice(0, -3) }, 60_000, 1],
    [
      'in the metadata',
      503,
      { metadata: { headers: { 'X-RateLimit-Reset': inSeconds(60) } } },
      {},
      60_000,
      1,
    ],
    ['behind a Retry-After', 429, {}, { 'x-ratelimit-reset': inSeconds(5), 'retry-after': '90' }, 90_000, 1],
    ['in the past', 429, {}, { 'x-ratelimit-reset': inSeconds(-5) }, 0, 3],
    ['not a date', 429, {}, { 'x-ratelimit-reset': 'soon' }, undefined, 3],
    ['of a 500', 500, {}, { 'x-ratelimit-reset': inSeconds(3_600) }, undefined, 3],
  ])('is not X-RateLimit-Reset %s', async (_name, status, error, headers, retryAfterMs, sent) => {
    const server = await failing(status, Infinity, error, { ...clock, ...headers });
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toMatchObject({ status });
    expect(Reflect.get(failure, 'retryAfterMs')).toBe(retryAfterMs);
    expect(server.requests.length).toBe(sent);
  });
});

describe('what `error.availability` says', () => {
  it.each<[string, number, object, Record<string, string>, number | undefined, number]>([
    ['of a 400: try again', 400, { retryable: true }, {}, undefined, 3],
    ['of a 403: try again at once', 403, { retryable: true, retry_after: 0 }, {}, 0, 3],
    ['of a 503: do not', 503, { retryable: false }, {}, undefined, 1],
    ['of a 429: do not, for a minute', 429, { retryable: false, retry_after: 60 }, {}, 60_000, 1],
    ['of a 502: in an hour', 502, { retryable: true, retry_after: 3_600 }, {}, 3_600_000, 1],
    ['of a 502: in an hour, as text', 502, { retryable: true, retry_after: '3600' }, {}, 3_600_000, 1],
    [
      'and not what Retry-After says',
      503,
      { retryable: true, retry_after: 0 },
      { 'retry-after': '3600' },
      0,
      3,
    ],
    [
      'unless it says nothing',
      503,
      { retryable: null, retry_after: -1 },
      { 'retry-after': '3600' },
      3_600_000,
      1,
    ],
    ['unless it is none', 404, { retryable: 'yes', retry_after: {} }, {}, undefined, 1],
  ])('decides: %s', async (_name, status, availability, headers, retryAfterMs, sent) => {
    const server = await failing(status, Infinity, { availability }, headers);
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toMatchObject({ status });
    expect(Reflect.get(failure, 'retryAfterMs')).toBe(retryAfterMs);
    expect(server.requests.length).toBe(sent);
  });

  it('does not send a POST again', async () => {
    const server = await failing(503, Infinity, { availability: { retryable: true } });
    await failureOf(clientOf(server).credits.createCoinbaseCharge({ amount: 1 }));
    expect(server.requests.length).toBe(1);
  });
});

describe('402 and the daily cap', () => {
  it.each<[string, object, Record<string, string>, number]>([
    ['402 of an empty account', { metadata: { limit_source: 'openrouter_credits' } }, {}, 1],
    ['402 without a word', {}, {}, 1],
    ['402 of the in-flight budget', { metadata: { limit_source: 'openrouter_in_flight_budget' } }, {}, 3],
    ['402 with Retry-After: 0', {}, { 'retry-after': '0' }, 3],
    [
      '402 of an empty account with Retry-After',
      { metadata: { limit_source: 'openrouter_credits' } },
      { 'retry-after': '0' },
      1,
    ],
    [
      '402 of a request that is too large to ever fit',
      { metadata: { reason: 'weight_exceeds_budget' } },
      { 'retry-after': '0' },
      1,
    ],
  ])('%s is sent %s', async (_name, error, headers, times) => {
    const server = await failing(402, Infinity, error, headers);
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterPaymentRequiredException);
    expect(server.requests.length).toBe(times);
  });

  it.each<[string, object]>([
    ['by its name', { metadata: { limit_source: 'openrouter_free_tier_daily' } }],
    ['by its message', { message: 'Rate limit exceeded: free-models-per-day.' }],
  ])('the daily cap of free models is not waited for: %s', async (_name, error) => {
    const server = await failing(429, Infinity, error);
    expect(await failureOf(clientOf(server).credits.getCredits())).toMatchObject({
      status: 429,
      limitSource: 'openrouter_free_tier_daily',
    });
    expect(server.requests.length).toBe(1);
  });
});

describe('a POST', () => {
  it.each([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529, 402, 409])(
    'is sent once after a %i',
    async (status) => {
      const server = await failing(status, Infinity, {}, { 'retry-after': '0' });
      const failure = await failureOf(clientOf(server).credits.createCoinbaseCharge({ amount: 1 }));
      expect(failure).toMatchObject({
        status,
        delivery: status < 500 && status !== 408 ? 'rejected' : 'unknown',
      });
      expect(server.requests.length).toBe(1);
    },
  );

  it.each<[string, string, (socket: Socket) => unknown]>([
    ['a reset', 'unknown', (socket) => socket.resetAndDestroy()],
    ['a close', 'unknown', (socket) => socket.end()],
    ['garbage', 'unknown', (socket) => socket.end('\x00\x01\x02\r\n\r\n')],
    [
      'a body cut short',
      'applied',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"d'),
    ],
    ['JSON cut short', 'applied', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{"d')],
    ['an empty body', 'applied', (socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n')],
    ['a 204', 'applied', (socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n')],
    [
      'an error of its own in a 200',
      'rejected',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{"error":{"code":429,"m":"no"}}'),
    ],
    ['silence', 'unknown', () => undefined],
    [
      'half a body, then silence',
      'applied',
      (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'),
    ],
  ])('is sent once after %s', async (_name, delivery, fault) => {
    const server = await startRawServer(fault);
    const client = clientOf(server, { timeoutMs: 1_000 });
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toMatchObject({ delivery });
    expect(server.requests.length).toBe(1);
  });

  it('is sent again after a 429, but not after the 503 that follows', async () => {
    const server = await startServer((_request, response, index) =>
      sendError(response, index === 0 ? 429 : 503),
    );
    const failure = await failureOf(
      clientOf(server).credits.createCoinbaseCharge({ amount: 1 }, { retry: { retryThrottledPost: true } }),
    );
    expect(failure).toMatchObject({ status: 503, delivery: 'unknown' });
    expect(server.requests.length).toBe(2);
  });

  it('is sent again where nobody listened, and arrives once', async () => {
    const port = await closedPort();
    const client = clientOf(`http://127.0.0.1:${port}/api/v1`, { retry: { maxRetries: 2 } });
    const failure = await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    expect(failure).toBeInstanceOf(OpenRouterConnectionException);
    expect(failure).toMatchObject({ delivery: 'not-sent', phase: 'connect' });
  });

  // Such a lookup is over before anybody can follow it.
  it('is sent again where the host name could not be resolved at once', async () => {
    const server = await startServer(answerWell);
    const { lookup, asked } = lookingUp(
      (times) => (times < 3 ? lookupError('EAI_AGAIN') : ['127.0.0.1']),
      'at once',
    );
    const client = clientOf(`http://api.test:${server.port}/api/v1`, {
      allowInsecureBaseUrl: true,
      retry: { maxRetries: 3 },
      axios: {
        lookup,
      },
    });
    await expect(client.credits.createCoinbaseCharge({ amount: 1 })).resolves.toEqual(CHARGE);
    expect(asked()).toBe(3);
    expect(server.requests.length).toBe(1);
  });

  it('is not sent again after the deadline ended it', async () => {
    const server = await startServer(() => undefined);
    const failure = await failureOf(
      clientOf(server, { timeoutMs: 2_000, deadlineMs: 200 }).credits.createCoinbaseCharge({ amount: 1 }),
    );
    expect(failure).toBeInstanceOf(OpenRouterTimeoutException);
    expect(failure).toMatchObject({ delivery: 'unknown', phase: 'headers', timeoutMs: 200 });
    expect(server.requests.length).toBe(1);
  });
});
