import { Agent as HttpsAgent } from 'node:https';
import { MANAGEMENT_KEY, startServer } from '../../support/servers.js';
import { tlsIdentity } from '../../support/tls.js';
import { callOf } from '../support/bench.js';
import { type Ending, type Fault, status, value, type Way } from '../support/fault.js';
import {
  answer,
  named,
  onConnection,
  onRequest,
  onSecureRequest,
  refusal,
  sending,
  wellOf,
} from '../support/scenes.js';

const started = Date.now();
const PAGE = '<html><head><title>Bad gateway</title></head><body>cloud edge, ray 7f00</body></html>';

function page(line: string): Way {
  return sending(answer(PAGE, { line, headers: { 'content-type': 'text/html' } }));
}

/** A refusal that repeats the head of the request, key and all. */
function echoing(line: string): Way {
  return onRequest((socket, { head }) =>
    socket.end(
      refusal(line, { message: head, metadata: { head, [MANAGEMENT_KEY]: head } }, { 'x-request-id': 'r' }),
    ),
  );
}

/** The first request is refused, the next ones are answered. */
function refusedOnce(line: string, headers: Record<string, string>): Way {
  return onRequest(
    (socket, { method, index }) =>
      socket.end(index === 0 ? refusal(line, {}, headers) : answer(wellOf(method))),
    (server) => ({
      sent: () => {
        const [first, second] = server.requests;
        const waited = (second?.at ?? Infinity) - (first?.at ?? 0);
        if (headers['retry-after'] === '1' && waited < 990) throw new Error(`came back after ${waited} ms`);
        return server.requests.length;
      },
    }),
  );
}

function throttled(retryAfter: string, headers: Record<string, string> = {}): Way {
  return sending(refusal('429 Too Many Requests', {}, { ...headers, 'retry-after': retryAfter }));
}

/** A redirect to where the stage says, or anywhere else. */
function redirect(line: string, location: (foreignUrl: string) => string | undefined): Way {
  return (stage) => {
    const target = location(stage.foreignUrl);
    return sending(answer('', { line, headers: target === undefined ? {} : { location: target } }))(stage);
  };
}

const toForeign = (url: string) => `${url}/credits`;

const downgraded: Way = (stage) =>
  onSecureRequest(
    tlsIdentity,
    (socket) =>
      socket.end(answer('', { line: '302 Found', headers: { location: toForeign(stage.foreignUrl) } })),
    (port) => {
      const httpsAgent = new HttpsAgent({ ca: tlsIdentity.cert });
      const { options, at } = named(() => ['127.0.0.1']);
      return {
        baseUrl: at(port, 'https').replace('api.test', 'localhost'),
        options: { axios: { ...options.axios, httpsAgent } },
        end: () => httpsAgent.destroy(),
      };
    },
  )(stage);

/** Cookies and headers that come more than once; the next call is looked at. */
const manyHeaders: Way = async ({ method }) => {
  const server = await startServer((_request, reply) => {
    reply.setHeader(
      'set-cookie',
      Array.from({ length: 100 }, (_, index) => `c${index}=${'x'.repeat(100)}`),
    );
    reply.setHeader('x-many', Array<string>(100).fill('y'.repeat(30)));
    reply.setHeader('content-type', ['application/json', 'text/html']);
    reply.end(wellOf(method));
  });
  return {
    baseUrl: server.baseUrl,
    sent: () => server.requests.length,
    verify: async (_outcome, client) => {
      await callOf(client, method);
      const last = server.requests.pop();
      if (last?.headers.cookie !== undefined) throw new Error('a cookie came back');
    },
  };
};

const refused = (code: number, outcome: string, also?: Ending['also']) => ({
  get: status(code, outcome, 1, 'rejected', also),
  post: status(code, outcome, 1, 'rejected', also),
});

const failed = (code: number, outcome: string, sent = 2) => ({
  get: status(code, outcome, sent, 'unknown'),
  post: status(code, outcome, 1, 'unknown'),
});

const tooMany = (sent: number, retryAfterMs: number | undefined) =>
  status(429, 'TooManyRequests', sent, 'rejected', { retryAfterMs });

const REFUSALS: readonly [line: string, outcome: string, also?: Ending['also']][] = [
  ['400 Bad Request', 'BadRequest'],
  ['404 Not Found', 'NotFound'],
  ['405 Method Not Allowed', 'Api'],
  ['422 Unprocessable Entity', 'UnprocessableEntity'],
  ['451 Unavailable For Legal Reasons', 'Api'],
];

const FAILURES: readonly [line: string, outcome: string][] = [
  ['500 Internal Server Error', 'InternalServer'],
  ['502 Bad Gateway', 'BadGateway'],
  ['503 Service Unavailable', 'ServiceUnavailable'],
  ['504 Gateway Timeout', 'GatewayTimeout'],
  ['520 Unknown Error', 'Api'],
  ['521 Web Server Is Down', 'Api'],
  ['522 Connection Timed Out', 'Api'],
  ['523 Origin Is Unreachable', 'Api'],
  ['524 A Timeout Occurred', 'EdgeNetworkTimeout'],
  ['525 SSL Handshake Failed', 'Api'],
  ['527 Railgun Error', 'Api'],
  ['529 Overloaded', 'ProviderOverloaded'],
];

/** Answers that are no success. */
export const statusFaults: readonly Fault[] = [
  {
    number: 55,
    title: 'the key is refused (401), and the answer repeats it',
    ways: echoing('401 Unauthorized'),
    ...refused(401, 'Unauthorized'),
  },
  {
    number: 55,
    title: 'the key is of the wrong kind (403), and the answer repeats it',
    ways: echoing('403 Forbidden'),
    ...refused(403, 'Forbidden'),
  },
  {
    number: 56,
    title: 'the credits are used up (402)',
    ways: sending(refusal('402 Payment Required', { metadata: { limit_source: 'openrouter_credits' } })),
    ...refused(402, 'PaymentRequired', { limitSource: 'openrouter_credits' }),
  },
  ...REFUSALS.map(([line, outcome, also]): Fault => ({
    number: 57,
    title: `the request is refused (${line.slice(0, 3)})`,
    ways: sending(refusal(line)),
    ...refused(Number(line.slice(0, 3)), outcome, also),
  })),
  {
    number: 57,
    title: 'the operation was removed (410)',
    ways: sending(refusal('410 Gone')),
    get: status(410, 'Gone', 1, 'rejected', { purchaseUrl: undefined }),
    post: status(410, 'Gone', 1, 'rejected', { purchaseUrl: 'https://openrouter.ai/settings/credits' }),
    note: 'the `POST` says where credits are bought instead',
  },
  {
    number: 58,
    title: 'the server gave up waiting (408)',
    ways: sending(refusal('408 Request Timeout')),
    ...failed(408, 'RequestTimeout'),
  },
  {
    number: 59,
    title: 'the request conflicts with another one (409)',
    ways: sending(refusal('409 Conflict')),
    ...refused(409, 'Conflict'),
  },
  {
    number: 59,
    title: 'the connection was the wrong one (421)',
    ways: sending(refusal('421 Misdirected Request')),
    ...refused(421, 'Api'),
    note: 'retried if `retryCodes` contains it',
  },
  {
    number: 59,
    title: 'the request came too early (425)',
    ways: sending(refusal('425 Too Early')),
    ...refused(425, 'Api'),
    note: 'retried if `retryCodes` contains it',
  },
  {
    number: 59,
    title: 'a 421 that `retryCodes` names',
    ways: sending(refusal('421 Misdirected Request')),
    options: { retry: { retryCodes: [421] } },
    get: status(421, 'Api', 2, 'rejected'),
    post: status(421, 'Api', 1, 'rejected'),
  },
  {
    number: 60,
    title: 'too many requests (429), retry after a second',
    ways: refusedOnce('429 Too Many Requests', { 'retry-after': '1' }),
    options: { deadlineMs: 3_000 },
    get: value(2),
    post: tooMany(1, 1_000),
    note: 'never retried earlier',
  },
  {
    number: 60,
    title: 'too many requests (429), and the caller allows a `POST` to be sent again',
    ways: refusedOnce('429 Too Many Requests', { 'retry-after': '1' }),
    options: { deadlineMs: 3_000, retry: { retryThrottledPost: true } },
    post: value(2),
  },
  {
    number: 61,
    title: 'Retry-After is a date, an hour after the Date of the answer',
    ways: {
      'in the format of RFC 1123': throttled('Sun, 06 Nov 1994 09:49:37 GMT', {
        date: 'Sun, 06 Nov 1994 08:49:37 GMT',
      }),
      'in the format of RFC 850': throttled('Sunday, 06-Nov-94 09:49:37 GMT', {
        date: 'Sun, 06 Nov 1994 08:49:37 GMT',
      }),
      'in the format of asctime': throttled('Sun Nov  6 09:49:37 1994', {
        date: 'Sun, 06 Nov 1994 08:49:37 GMT',
      }),
    },
    get: tooMany(1, 3_600_000),
    post: tooMany(1, 3_600_000),
  },
  {
    number: 61,
    title: 'Retry-After is a date that has passed',
    ways: throttled('Sun, 06 Nov 1994 08:49:37 GMT'),
    get: tooMany(2, 0),
    post: tooMany(1, 0),
  },
  {
    number: 62,
    title: 'Retry-After is neither seconds nor a date',
    ways: Object.fromEntries(
      ['-1', '1.5', '1e9', '0x10', '5 seconds', '', '3,4', '99999999999999999999', 'soon'].map((text) => [
        text === '' ? 'nothing at all' : text,
        throttled(text),
      ]),
    ),
    get: tooMany(2, undefined),
    post: tooMany(1, undefined),
    note: 'the package chooses the delay',
  },
  {
    number: 62,
    title: 'Retry-After is repeated',
    ways: throttled('3600\r\nretry-after: 0'),
    get: tooMany(1, 3_600_000),
    post: tooMany(1, 3_600_000),
    note: 'the first one counts, as Node reads it',
  },
  {
    number: 63,
    title: 'Retry-After is beyond the deadline',
    ways: throttled('3600'),
    get: tooMany(1, 3_600_000),
    post: tooMany(1, 3_600_000),
    note: 'fails at once instead of retrying early',
  },
  {
    number: 63,
    title: 'Retry-After is beyond what a timer can wait',
    ways: throttled('4000000'),
    get: tooMany(1, 4_000_000_000),
    post: tooMany(1, 4_000_000_000),
  },
  ...FAILURES.map(([line, outcome]): Fault => ({
    number: 64,
    title: `a proxy answers ${line.slice(0, 3)} with a page`,
    ways: unseen(page(line)),
    ...failed(Number(line.slice(0, 3)), outcome),
  })),
  {
    number: 64,
    title: 'a proxy answers 526 with a page',
    ways: unseen(page('526 Invalid SSL Certificate')),
    ...failed(526, 'Api', 1),
    note: 'retried if `retryCodes` contains it',
  },
  {
    number: 65,
    title: 'the service is down (503), retry after a second',
    ways: refusedOnce('503 Service Unavailable', { 'retry-after': '1' }),
    options: { deadlineMs: 3_000 },
    get: value(2),
    post: status(503, 'ServiceUnavailable', 1, 'unknown', { retryAfterMs: 1_000 }),
  },
  {
    number: 65,
    title: 'the service is down (503), retry after an hour',
    ways: sending(refusal('503 Service Unavailable', {}, { 'retry-after': '3600' })),
    get: status(503, 'ServiceUnavailable', 1, 'unknown', { retryAfterMs: 3_600_000 }),
    post: status(503, 'ServiceUnavailable', 1, 'unknown', { retryAfterMs: 3_600_000 }),
  },
  {
    number: 66,
    title: 'a 413 comes before the request is read, and the connection is closed',
    ways: onConnection((socket) => socket.once('data', () => socket.end(refusal('413 Payload Too Large')))),
    ...refused(413, 'PayloadTooLarge'),
  },
  {
    number: 67,
    title: 'an unexpected 304',
    ways: sending('HTTP/1.1 304 Not Modified\r\n\r\n'),
    ...refused(304, 'Api'),
    note: 'an error like any other 3XX',
  },
  ...['301 Moved', '302 Found', '303 See Other', '307 Temporary Redirect', '308 Permanent Redirect'].map(
    (line): Fault => ({
      number: 68,
      title: `a redirect (${line.slice(0, 3)}) to another host`,
      ways: redirect(line, toForeign),
      ...refused(Number(line.slice(0, 3)), 'Api'),
      note: 'the other host receives nothing',
    }),
  ),
  {
    number: 69,
    title: 'a redirect (302) that must not be followed',
    ways: {
      'to itself': redirect('302 Found', () => '/api/v1/credits'),
      'without a Location': redirect('302 Found', () => undefined),
      'to a file': redirect('302 Found', () => 'file:///etc/passwd'),
      'from https: to http:': downgraded,
    },
    ...refused(302, 'Api'),
  },
  {
    number: 70,
    title: 'cookies, and repeated headers',
    ways: manyHeaders,
    get: value(),
    post: value(),
    note: 'no cookie is kept',
  },
  {
    number: 76,
    title: 'the clock of the server is wrong, and Retry-After is a date',
    ways: Object.fromEntries(
      [-600_000, 600_000].map((off) => [
        off < 0 ? '10 minutes slow' : '10 minutes fast',
        throttled(httpDate(off + 3_600_000), { date: httpDate(off) }),
      ]),
    ),
    get: tooMany(1, 3_600_000),
    post: tooMany(1, 3_600_000),
    note: 'measured from the Date of the answer',
  },
];

function httpDate(fromNowMs: number): string {
  return new Date(started + fromNowMs).toUTCString();
}

/** The message is no page. */
function unseen(way: Way): Way {
  return async (stage) => ({
    ...(await way(stage)),
    verify: (outcome) => {
      const { message } = outcome as Error;
      if (/[<>]|ray 7f00/.test(message)) throw new Error(message);
    },
  });
}
