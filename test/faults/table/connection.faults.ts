import { Agent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { lookupError } from '../../support/lookup.js';
import {
  answerWell,
  API_KEY,
  clientOf,
  closedPort,
  startRawServer,
  startServer,
  startTcpServer,
} from '../../support/servers.js';
import { tlsIdentity } from '../../support/tls.js';
import { ATTEMPT_MS, callOf, SHORT } from '../support/bench.js';
import { openBlackHole } from '../support/black-hole.js';
import { certificate } from '../support/certificate.js';
import { abort, connection, type Fault, timeout, tried, value, type Way } from '../support/fault.js';
import { aFewTurns, answer, named, onSecureRequest, sending, wellOf } from '../support/scenes.js';
import { until } from '../../support/waiting.js';

const NOTHING = { sent: () => 0 };

/** A name that cannot be resolved. */
function unresolvable(code: string, when: 'at once' | 'later'): Way {
  return () => {
    const { options, tries, at } = named(() => lookupError(code), when);
    return { baseUrl: at(443, 'https'), options, tries, ...NOTHING };
  };
}

/** A name whose first answer is `first`, and whose second one is a server that works. */
function resolvedLater(first: readonly string[] | Error): Way {
  return async (stage) => {
    const { options, tries, at } = named((asked) => (asked === 1 ? first : ['127.0.0.1']));
    const server = await startRawServer((socket) => socket.end(answer(wellOf(stage.method))));
    return { baseUrl: at(server.port), options, tries, sent: () => server.requests.length };
  };
}

function refusedAt(...addresses: string[]): Way {
  return async () => {
    const { options, tries, at } = named(() => addresses);
    return { baseUrl: at(await closedPort()), options, tries, ...NOTHING };
  };
}

/** A certificate that a client must not accept. */
function refusedCertificate(
  identity: { cert: string; key: string },
  code: string,
  trusted: boolean,
  host?: string,
): Way {
  return onSecureRequest(
    identity,
    (socket) => socket.end(answer('{}')),
    (port) => {
      const httpsAgent = new HttpsAgent(trusted ? { ca: identity.cert } : {});
      const { options, at } = named(() => ['127.0.0.1']);
      return {
        ...(host !== undefined && { baseUrl: at(port, 'https').replace('api.test', host) }),
        options: trusted ? { axios: { ...options.axios, httpsAgent } } : options,
        verify: (outcome) => {
          const cause = (outcome as Error).cause as { code?: string } | undefined;
          if (cause?.code !== code) throw new Error(`not ${code}: ${String(cause?.code)}`);
        },
        end: () => httpsAgent.destroy(),
      };
    },
  );
}

/** A TLS port that never gets as far as a request. */
function halfTls(greet: (socket: Parameters<Parameters<typeof startTcpServer>[0]>[0]) => unknown): Way {
  return async () => {
    const server = await startTcpServer((socket) => {
      greet(socket);
      // A socket that is not read never learns of its end.
      socket.resume();
    });
    return {
      baseUrl: `https://127.0.0.1:${server.port}/api/v1`,
      tries: () => server.sockets.length,
      ...NOTHING,
    };
  };
}

/** One connection for two calls, of which the first one keeps it. */
const allBusy: Way = async () => {
  const server = await startServer((request, reply) => {
    if (request.headers['x-first'] === '1') void released.then(() => answerWell(request, reply));
    else answerWell(request, reply);
  });
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const httpAgent = new Agent({ maxSockets: 1, keepAlive: true });
  let first: Promise<unknown> = Promise.resolve();
  return {
    baseUrl: server.baseUrl,
    options: { axios: { httpAgent } },
    sent: () => server.requests.length - 1,
    prepare: (client) => {
      first = client.credits.getCredits({
        headers: { 'x-first': '1' },
        timeoutMs: 50 * ATTEMPT_MS,
        deadlineMs: 50 * ATTEMPT_MS,
      });
      return until(() => server.requests.length === 1);
    },
    verify: async () => {
      release();
      await first;
      // Whatever was queued would be sent now.
      await aFewTurns();
    },
    end: () => httpAgent.destroy(),
  };
};

/** A server that works, and a call that never gets to it. */
function neverSent(call: (url: string, method: 'GET' | 'POST') => Promise<unknown>): Way {
  return async ({ method }) => {
    const server = await startServer(answerWell);
    return {
      baseUrl: server.baseUrl,
      sent: () => server.sockets.length,
      call: () => call(server.baseUrl, method),
    };
  };
}

const badKeys: Record<string, string> = {
  'a line break': `${API_KEY}\r\nX-Other: 1`,
  NUL: `${API_KEY}\0`,
  'a letter outside ASCII': `${API_KEY}ж`,
  'only blanks': '   ',
  'an empty string': '',
};

function withBadKey(use: (url: string, key: string, method: 'GET' | 'POST') => Promise<unknown>) {
  return Object.fromEntries(
    Object.entries(badKeys).map(([name, key]) => [name, neverSent((url, method) => use(url, key, method))]),
  );
}

const cycle: Record<string, unknown> = { amount: 7 };
cycle['amount'] = cycle;

const proxied: Way = async (stage) => {
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  const before = new Map(names.map((name) => [name, process.env[name]]));
  for (const name of names) process.env[name] = new URL(stage.foreignUrl).origin;
  const scene = await sending((method) => answer(wellOf(method)))(stage);
  return {
    ...scene,
    end: () => {
      for (const [name, text] of before) {
        if (text === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = text;
      }
    },
  };
};

const config = { sent: 0, outcome: 'Config' };
const validation = { sent: 0, outcome: 'Validation' };
const noAddress = tried(2, connection(0, 'not-sent', 'dns'));
const noConnection = tried(2, connection(0, 'not-sent', 'connect'));
const noTrust = tried(1, connection(0, 'not-sent', 'tls'));
const noHandshake = tried(2, connection(0, 'not-sent', 'tls'));

/** What happens before a byte of the request is sent. */
export const connectionFaults: readonly Fault[] = [
  {
    number: 1,
    title: 'the host name is unknown',
    ways: {
      'reported asynchronously': unresolvable('ENOTFOUND', 'later'),
      'reported synchronously': unresolvable('ENOTFOUND', 'at once'),
    },
    get: noAddress,
    post: noAddress,
  },
  {
    number: 2,
    title: 'the host name cannot be resolved at the moment',
    ways: {
      'reported asynchronously': unresolvable('EAI_AGAIN', 'later'),
      'reported synchronously': unresolvable('EAI_AGAIN', 'at once'),
    },
    get: noAddress,
    post: noAddress,
  },
  {
    number: 2,
    title: 'the host name is resolved at the second try',
    ways: resolvedLater(lookupError('EAI_AGAIN')),
    get: tried(2, value()),
    post: tried(2, value()),
    note: 'a `POST` that was not sent may be sent again',
  },
  {
    number: 3,
    title: 'the lookup never calls back',
    ways: () => {
      let asked = 0;
      const lookup = () => {
        asked += 1;
      };
      return {
        baseUrl: 'https://api.test/v1',
        options: { axios: { lookup: lookup as never } },
        tries: () => asked,
        ...NOTHING,
      };
    },
    options: SHORT,
    get: tried(2, timeout(0, 'not-sent', 'dns')),
    post: tried(2, timeout(0, 'not-sent', 'dns')),
  },
  {
    number: 4,
    title: 'the connection is refused',
    ways: refusedAt('127.0.0.1'),
    get: noConnection,
    post: noConnection,
  },
  {
    number: 4,
    title: 'the connection is refused at the first try',
    ways: resolvedLater(['127.0.0.2']),
    get: tried(2, value()),
    post: tried(2, value()),
  },
  {
    number: 5,
    title: 'every address of the name refuses',
    ways: {
      'of one family': refusedAt('127.0.0.1', '127.0.0.2'),
      'of both families': refusedAt('::1', '127.0.0.1'),
    },
    get: noConnection,
    post: noConnection,
  },
  {
    number: 6,
    title: 'the SYN is not answered',
    ways: async () => {
      const { port, close } = await openBlackHole();
      const { options, tries, at } = named(() => ['127.0.0.1']);
      return { baseUrl: at(port), options, tries, ...NOTHING, end: close };
    },
    options: SHORT,
    get: tried(2, timeout(0, 'not-sent', 'connect')),
    post: tried(2, timeout(0, 'not-sent', 'connect')),
  },
  {
    number: 7,
    title: 'there is no route to the network',
    ways: refusedAt('255.255.255.255'),
    get: noConnection,
    post: noConnection,
  },
  {
    number: 8,
    title: 'the certificate cannot be trusted',
    ways: {
      'self-signed': refusedCertificate(tlsIdentity, 'DEPTH_ZERO_SELF_SIGNED_CERT', false),
      expired: refusedCertificate(
        certificate('localhost', new Date('2020-01-01'), new Date('2021-01-01')),
        'CERT_HAS_EXPIRED',
        true,
      ),
      'not yet valid': refusedCertificate(
        certificate('localhost', new Date('2048-01-01'), new Date('2049-01-01')),
        'CERT_NOT_YET_VALID',
        true,
      ),
      'for another host name': refusedCertificate(
        tlsIdentity,
        'ERR_TLS_CERT_ALTNAME_INVALID',
        true,
        'other.test',
      ),
    },
    get: noTrust,
    post: noTrust,
  },
  {
    number: 9,
    title: 'the TLS port speaks plain HTTP',
    ways: halfTls((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    get: noTrust,
    post: noTrust,
  },
  {
    number: 10,
    title: 'the TLS handshake stalls',
    ways: halfTls(() => undefined),
    options: SHORT,
    get: tried(2, timeout(0, 'not-sent', 'tls')),
    post: tried(2, timeout(0, 'not-sent', 'tls')),
  },
  {
    number: 10,
    title: 'the connection is reset in the TLS handshake',
    ways: halfTls((socket) => socket.once('data', () => socket.resetAndDestroy())),
    get: noHandshake,
    post: noHandshake,
  },
  {
    number: 12,
    title: 'every connection stays busy',
    ways: allBusy,
    options: SHORT,
    get: timeout(0, 'not-sent', 'queue'),
    post: timeout(0, 'not-sent', 'queue'),
    note: 'not sent later either, when a connection becomes free',
  },
  {
    number: 13,
    title: 'the caller aborts before a connection is made',
    ways: {
      'before the call': neverSent((url, method) =>
        callOf(clientOf(url), method, { signal: AbortSignal.abort() }),
      ),
      'in the same tick': neverSent((url, method) => {
        const controller = new AbortController();
        const call = callOf(clientOf(url), method, { signal: controller.signal });
        controller.abort();
        return call;
      }),
    },
    get: abort(0, 'not-sent'),
    post: abort(0, 'not-sent'),
  },
  {
    number: 14,
    title: 'the key in the options is invalid',
    ways: withBadKey(async (url, key, method) =>
      callOf(clientOf(url, { apiKey: key, managementKey: key }), method),
    ),
    get: config,
    post: config,
  },
  {
    number: 14,
    title: 'the key that a function returns is invalid',
    ways: withBadKey((url, key, method) =>
      callOf(clientOf(url, { apiKey: () => key, managementKey: () => Promise.resolve(key) }), method),
    ),
    get: config,
    post: config,
  },
  {
    number: 14,
    title: 'the key of the call is invalid',
    ways: withBadKey((url, apiKey, method) => callOf(clientOf(url), method, { apiKey })),
    get: validation,
    post: validation,
  },
  {
    number: 15,
    title: 'the request body cannot be serialised as JSON',
    ways: {
      'a BigInt': neverSent((url) => clientOf(url).credits.createCoinbaseCharge({ amount: 7n as never })),
      'a cycle': neverSent((url) => clientOf(url).credits.createCoinbaseCharge(cycle as never)),
    },
    post: validation,
  },
  {
    number: 80,
    title: 'a proxy is set in the environment',
    ways: proxied,
    get: value(),
    post: value(),
    note: 'ignored unless `axios.proxy` is set',
  },
];
