import { callOf, SHORT } from '../support/bench.js';
import { connection, type Fault, type Handler, timeout, value, type Way } from '../support/fault.js';
import {
  aFewTurns,
  answer,
  KEPT,
  drip,
  onConnection,
  onRequest,
  sending,
  sendingOpen,
  wellOf,
} from '../support/scenes.js';
import { CREDITS_BODY } from '../../support/servers.js';
import { until } from '../../support/waiting.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const POISON = '{"data":{"total_credits":1000000,"total_usage":0,"id":"another one\'s"}}';

/** The preface and an empty SETTINGS frame, as a server of HTTP/2 would greet. */
const HTTP_2 = Buffer.from('000000040000000000', 'hex').toString('latin1');

/** A connection is kept after one GET, and gone by the time of the measured call. */
function stale(kill: 'as it is written to' | 'before', countsFirst: boolean): Way {
  return onRequest(
    (socket, { method, index }) => {
      if (index === 1 && kill === 'as it is written to' && method === 'GET') socket.resetAndDestroy();
      else socket.write(answer(wellOf(method), { headers: KEPT }));
    },
    (server, { method }) => ({
      sent: () => server.requests.length - 1,
      prepare: (client) => client.credits.getCredits(),
      call: (client) => {
        // No turn of the event loop in between: the client has no chance to hear of it.
        if (kill === 'before') server.sockets[0]!.destroy();
        return callOf(client, method);
      },
      ...(countsFirst && { tries: () => server.sockets.length }),
    }),
  );
}

/** Two calls of one client, of which the second is measured; neither may get what is nobody's answer. */
function poisoned(handler: Handler): Way {
  return onRequest(handler, (server, { method }) => ({
    sent: () => server.requests.length - 1,
    prepare: async (client) => {
      notPoisoned(await callOf(client, method));
      await aFewTurns();
    },
    verify: notPoisoned,
  }));
}

function notPoisoned(outcome: unknown): void {
  const text = JSON.stringify(outcome);
  if (text.includes('1000000') || text.includes('another'))
    throw new Error(`somebody else's answer: ${text}`);
}

/** The first call gives up, the answer to it comes, and the second call is measured. */
const answeredTooLate: Way = onRequest(
  (socket, { method, index }) => {
    if (index === 0) setTimeout(() => socket.write(answer(POISON, { headers: KEPT })), 1.5 * SHORT.timeoutMs);
    else setTimeout(() => socket.write(answer(wellOf(method), { headers: KEPT })), SHORT.timeoutMs);
  },
  (server, { method }) => ({
    sent: () => server.requests.length - 1,
    prepare: async (client) => {
      await callOf(client, method, { timeoutMs: SHORT.timeoutMs, retry: false }).catch(() => undefined);
    },
    verify: async (outcome) => {
      notPoisoned(outcome);
      await until(() => server.sockets[0]!.destroyed);
    },
  }),
);

const closing: Way = onRequest(
  (socket, { method }) => socket.end(answer(wellOf(method))),
  (server, { method }) => ({
    sent: () => server.requests.length - 1,
    tries: () => server.sockets.length - 1,
    prepare: (client) => callOf(client, method),
  }),
);

/** Node's timers may fire a moment before their time; here each of the longer ones does. */
const earlyTimers: Way = onRequest(
  () => undefined,
  (_server, { method }) => ({
    call: async (client) => {
      const { setTimeout: exact } = globalThis;
      const early = (run: () => void, ms = 0, ...rest: []) => exact(run, ms > 50 ? ms - 3 : ms, ...rest);
      globalThis.setTimeout = Object.assign(early, exact);
      try {
        return await callOf(client, method);
      } finally {
        globalThis.setTimeout = exact;
      }
    },
  }),
);

const lost = connection(2, 'unknown', 'headers');
const lostOnce = connection(1, 'unknown', 'headers');
const late = timeout(2, 'unknown', 'headers');
const lateOnce = timeout(1, 'unknown', 'headers');

/** What happens between the request and a whole head of an answer. */
export const protocolFaults: readonly Fault[] = [
  {
    number: 16,
    title: 'the connection is closed without an answer',
    ways: onRequest((socket) => socket.end()),
    get: lost,
    post: lostOnce,
  },
  {
    number: 17,
    title: 'the connection is reset after the request',
    ways: onRequest((socket) => socket.resetAndDestroy()),
    get: lost,
    post: lostOnce,
  },
  {
    number: 18,
    title: 'the connection is reset in the middle of the request',
    ways: onConnection((socket) => socket.once('data', () => socket.resetAndDestroy())),
    get: lost,
    post: lostOnce,
  },
  {
    number: 19,
    title: 'no answer ever comes',
    ways: onRequest(() => undefined),
    options: SHORT,
    get: late,
    post: lateOnce,
  },
  {
    number: 19,
    title: 'no answer comes before the deadline of the call',
    ways: { 'with exact timers': onRequest(() => undefined), 'with timers that are early': earlyTimers },
    options: {
      timeoutMs: 2 * SHORT.deadlineMs,
      deadlineMs: SHORT.deadlineMs,
      retry: { initialDelayMs: 0, maxDelayMs: 0, maxRetries: 5 },
    },
    get: timeout(1, 'unknown', 'headers'),
    post: timeout(1, 'unknown', 'headers'),
  },
  {
    number: 20,
    title: 'the head of the answer arrives slowly',
    ways: {
      'a line at a time': onRequest((socket) => drip(socket, 'a: b\r\n', OK)),
      'a byte at a time': onRequest((socket) => drip(socket, 'a', `${OK}a: `)),
    },
    options: SHORT,
    get: late,
    post: lateOnce,
  },
  {
    number: 21,
    title: 'interim answers never end',
    ways: {
      102: onRequest((socket) => drip(socket, 'HTTP/1.1 102 Processing\r\n\r\n')),
      103: onRequest((socket) => drip(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n')),
      100: onRequest((socket) => drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n')),
    },
    options: SHORT,
    get: late,
    post: lateOnce,
  },
  {
    number: 21,
    title: 'an interim answer comes before the answer',
    ways: {
      100: sending((method) => `HTTP/1.1 100 Continue\r\n\r\n${answer(wellOf(method)).toString()}`),
      102: sending((method) => `HTTP/1.1 102 Processing\r\n\r\n${answer(wellOf(method)).toString()}`),
      103: sending((method) => `HTTP/1.1 103 Early Hints\r\n\r\n${answer(wellOf(method)).toString()}`),
    },
    get: value(),
    post: value(),
  },
  {
    number: 22,
    title: 'the server switches protocols without being asked',
    ways: sendingOpen('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    get: lost,
    post: lostOnce,
    note: 'settles at once, where axios alone never does',
  },
  {
    number: 23,
    title: 'a pooled connection is reset as it is written to',
    ways: stale('as it is written to', false),
    get: value(2),
    post: value(1),
    note: 'a `POST` has its own connection',
  },
  {
    number: 23,
    title: 'a pooled connection is reset as it is written to, and no retry is allowed',
    ways: stale('as it is written to', false),
    options: { retry: { maxRetries: 0 } },
    get: value(2),
    post: value(1),
    note: 'replacing the connection does not count as a retry',
  },
  {
    number: 23,
    title: 'a pooled connection is closed just before it is written to',
    ways: stale('before', true),
    get: { ...value(1), tries: 2 },
    post: { ...value(1), tries: 2 },
  },
  {
    number: 24,
    title: 'the server closes the connection of the previous call, as announced',
    ways: closing,
    get: { ...value(), tries: 1 },
    post: { ...value(), tries: 1 },
  },
  {
    number: 25,
    title: 'the answer to an earlier call arrives after that call has given up',
    ways: answeredTooLate,
    get: value(),
    post: value(),
    note: 'each call gets its own answer',
  },
  {
    number: 26,
    title: 'the answer is not HTTP/1',
    ways: {
      'an SSH banner': sending('SSH-2.0-OpenSSH_9.6\r\n'),
      'HTTP/0.9': sending(CREDITS_BODY),
      'frames of HTTP/2': sending(HTTP_2),
      'a TLS record': sending('\x16\x03\x01\x00\x02\x01\x00'),
    },
    get: lost,
    post: lostOnce,
  },
  {
    number: 27,
    title: 'the status line has no status',
    ways: {
      'six digits': sending('HTTP/1.1 999999 Odd\r\n\r\n'),
      'no digits': sending('HTTP/1.1 OK\r\n\r\n'),
      'two digits': sending('HTTP/1.1 20\r\n\r\n'),
    },
    get: lost,
    post: lostOnce,
  },
  {
    number: 28,
    title: 'the head breaks the rules of HTTP',
    ways: {
      'lines end in LF alone': sending(`HTTP/1.1 200 OK\ncontent-length: 2\n\n{}`),
      'NUL in a header': sending(`${OK}x: a\0b\r\ncontent-length: 2\r\n\r\n{}`),
    },
    get: lost,
    post: lostOnce,
  },
  {
    number: 29,
    title: 'the head is larger than 16 KB',
    ways: {
      'in one header': sending(`${OK}x: ${'y'.repeat(20_000)}\r\n\r\n{}`),
      'in a thousand': sending(`${OK}${'xxxxxxxxxx: yyyyyyyyyy\r\n'.repeat(1_000)}\r\n{}`),
    },
    get: lost,
    post: lostOnce,
  },
  {
    number: 30,
    title: 'Content-Length makes no sense',
    ways: {
      'two of them': sendingOpen(`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`),
      'no number': sendingOpen(`${OK}content-length: two\r\n\r\n{}`),
      negative: sendingOpen(`${OK}content-length: -2\r\n\r\n{}`),
    },
    get: lost,
    post: lostOnce,
    note: 'the connection is closed',
  },
  {
    number: 31,
    title: 'both Content-Length and Transfer-Encoding are there',
    ways: sendingOpen(`${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
    get: lost,
    post: lostOnce,
    note: 'the connection is closed',
  },
  {
    number: 35,
    title: 'a second answer is attached to the first',
    ways: poisoned((socket, { method }) =>
      socket.write(
        Buffer.concat([answer(wellOf(method), { headers: KEPT }), answer(POISON, { headers: KEPT })]),
      ),
    ),
    get: value(),
    post: value(),
  },
  {
    number: 36,
    title: 'an unrequested answer arrives on an idle connection',
    ways: poisoned((socket, { method, index }) => {
      socket.write(answer(wellOf(method), { headers: KEPT }));
      if (index === 0)
        setTimeout(() => socket.destroyed || socket.write(answer(POISON, { headers: KEPT })), 5);
    }),
    get: value(),
    post: value(),
  },
];
