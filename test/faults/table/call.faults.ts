import { failureOf } from '../../support/failures.js';
import { closedPort, type TestServer } from '../../support/servers.js';
import type { OpenRouterClient } from '../../../lib/openrouter.client.js';
import { callOf, SHORT } from '../support/bench.js';
import {
  abort,
  type Fault,
  type Handler,
  type Method,
  status,
  timeout,
  tried,
  connection,
  value,
  type Way,
} from '../support/fault.js';
import { aFewTurns, answer, KEPT, named, onRequest, refusal, wellOf } from '../support/scenes.js';
import { until } from '../../support/waiting.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CALLS = 1_000;
const PATIENT = { timeoutMs: 300_000, deadlineMs: 300_000 };

/** Full jitter makes any wait short now and then: one of a day is not, before a test has ended its call. */
const DAY_MS = 86_400_000;
/** A wait between attempts that no test survives. */
const LONG_WAIT = {
  ...PATIENT,
  deadlineMs: 2 * DAY_MS,
  retry: { initialDelayMs: DAY_MS, maxDelayMs: DAY_MS, retryThrottledPost: true },
};

/** The caller ends the call once the server has done its part. */
function ended(
  handler: Handler,
  end: (client: OpenRouterClient, controller: AbortController) => unknown,
): Way {
  return onRequest(handler, (server, { method }) => ({
    call: async (client) => {
      const controller = new AbortController();
      const call = callOf(client, method, { signal: controller.signal });
      const settled = failureOf(call);
      await until(() => server.requests.length === 1);
      await aFewTurns();
      end(client, controller);
      throw await settled;
    },
    verify: () => until(() => server.sockets.every((socket) => socket.destroyed)),
  }));
}

const byAbort = (_client: OpenRouterClient, controller: AbortController) => controller.abort();
const byClose = (client: OpenRouterClient) => client.close();

const silence: Handler = () => undefined;
const half: Handler = (socket) => socket.write(`${OK}content-length: 9\r\n\r\n{`);
const busy: Handler = (socket) => socket.end(refusal('429 Too Many Requests'));

/** The wall clock jumps once the call is under way. */
function clockJump(ms: number, handler: Handler, more: (server: TestServer) => object = () => ({})): Way {
  return onRequest(handler, (server, { method }) => ({
    call: async (client) => {
      const { now } = Date;
      const call = callOf(client, method);
      Date.now = () => now() + ms;
      try {
        return await call;
      } finally {
        Date.now = now;
      }
    },
    ...more(server),
  }));
}

/** Many calls at once. All of them fail alike; the last one speaks for them. */
function storm(handler: Handler): Way {
  return onRequest(handler, (_server, { method }) => ({
    calls: CALLS,
    call: async (client) => {
      const failures = await Promise.all(
        Array.from({ length: CALLS }, () => failureOf(callOf(client, method), 60_000)),
      );
      const names = new Set(failures.map(({ name }) => name));
      if (names.size !== 1) throw new Error(`different failures: ${[...names].join(', ')}`);
      throw failures.at(-1)!;
    },
  }));
}

const STORM = { ...PATIENT, retry: { maxRetries: 3 } };

/** A call of a client that is closed already. */
function afterClose(way: Way, then: (client: OpenRouterClient, method: Method) => Promise<unknown>): Way {
  return async (stage) => ({
    ...(await way(stage)),
    call: async (client) => {
      await client.close();
      return then(client, stage.method);
    },
  });
}

/** What a caller, time and load do to a call. */
export const callFaults: readonly Fault[] = [
  {
    number: 71,
    title: 'the caller aborts between two attempts',
    ways: ended(busy, byAbort),
    options: LONG_WAIT,
    get: abort(1, 'rejected'),
    post: abort(1, 'rejected'),
  },
  {
    number: 71,
    title: 'the caller aborts between two attempts to connect',
    ways: async ({ method }) => {
      const { options, tries, at } = named(() => ['127.0.0.1']);
      return {
        baseUrl: at(await closedPort()),
        options,
        tries,
        sent: () => 0,
        call: (client) => callOf(client, method, { signal: AbortSignal.timeout(60) }),
      };
    },
    options: LONG_WAIT,
    get: tried(1, abort(0, 'not-sent')),
    post: tried(1, abort(0, 'not-sent')),
  },
  {
    number: 72,
    title: 'the caller aborts while waiting for the answer',
    ways: ended(silence, byAbort),
    options: PATIENT,
    get: abort(1, 'unknown'),
    post: abort(1, 'unknown'),
  },
  {
    number: 72,
    title: 'the caller aborts in the middle of the body',
    ways: ended(half, byAbort),
    options: PATIENT,
    get: abort(1, 'applied'),
    post: abort(1, 'applied'),
  },
  {
    number: 75,
    title: 'the wall clock jumps during an attempt',
    ways: {
      'an hour ahead': clockJump(3_600_000, silence),
      'an hour back': clockJump(-3_600_000, silence),
    },
    options: SHORT,
    get: { ...timeout(2, 'unknown', 'headers'), also: { timeoutMs: SHORT.timeoutMs } },
    post: { ...timeout(1, 'unknown', 'headers'), also: { timeoutMs: SHORT.timeoutMs } },
  },
  {
    number: 75,
    title: 'the wall clock jumps between two attempts',
    ways: Object.fromEntries(
      [3_600_000, -3_600_000].map((ms) => [
        ms > 0 ? 'an hour ahead' : 'an hour back',
        clockJump(ms, (socket, { method, index }) =>
          socket.end(index === 0 ? refusal('429 Too Many Requests') : answer(wellOf(method))),
        ),
      ]),
    ),
    options: { retry: { initialDelayMs: 50, maxDelayMs: 50, retryThrottledPost: true } },
    get: value(2),
    post: value(2),
    note: 'with `retryThrottledPost`',
  },
  {
    number: 77,
    title: 'the service is down (503) for 1 000 calls at once',
    ways: storm((socket) => socket.write(refusal('503 Service Unavailable', {}, KEPT))),
    options: STORM,
    get: status(503, 'ServiceUnavailable', CALLS + 50, 'unknown'),
    post: status(503, 'ServiceUnavailable', CALLS, 'unknown'),
    note: '50 retries for all of them',
  },
  {
    number: 77,
    title: 'the service resets the connections of 1 000 calls at once',
    ways: storm((socket) => socket.resetAndDestroy()),
    options: STORM,
    get: connection(CALLS + 50, 'unknown', 'headers'),
    post: connection(CALLS, 'unknown', 'headers'),
    note: '50 retries for all of them',
  },
  {
    number: 77,
    title: 'the service refuses (429) 1 000 calls at once',
    ways: storm((socket) => socket.write(refusal('429 Too Many Requests', {}, KEPT))),
    options: STORM,
    get: status(429, 'TooManyRequests', CALLS + 100, 'rejected'),
    post: status(429, 'TooManyRequests', CALLS, 'rejected'),
    note: '100 retries for all of them',
  },
  {
    number: 79,
    title: 'the client is closed while a call waits for the answer',
    ways: ended(silence, byClose),
    options: PATIENT,
    get: abort(1, 'unknown'),
    post: abort(1, 'unknown'),
  },
  {
    number: 79,
    title: 'the client is closed in the middle of the body',
    ways: ended(half, byClose),
    options: PATIENT,
    get: abort(1, 'applied'),
    post: abort(1, 'applied'),
  },
  {
    number: 79,
    title: 'the client is closed between two attempts',
    ways: ended(busy, byClose),
    options: LONG_WAIT,
    get: abort(1, 'rejected'),
    post: abort(1, 'rejected'),
  },
  {
    number: 79,
    title: 'the client was closed before the call',
    ways: afterClose(onRequest(silence), (client, method) => callOf(client, method)),
    get: abort(0, 'not-sent'),
    post: abort(0, 'not-sent'),
  },
];
