import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { SHORT } from '../support/bench.js';
import { type Fault, type Method, response, status, timeout, value, type Way } from '../support/fault.js';
import { aFewTurns, answer, drip, onRequest, sending, sendingOpen, wellOf } from '../support/scenes.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const LIMIT = 100_000;
const LIMITED = { maxResponseBytes: LIMIT };
/** Far below what the server would send, far above what the limit lets through. */
const HEAP_MB = 24;

/** A success with a body that is the same for both methods, unless it depends on it. */
function body(content: string | Buffer | ((method: Method) => string | Buffer), headers = {}): Way {
  return sending((method) => answer(typeof content === 'function' ? content(method) : content, { headers }));
}

/** A body of its own for each method. */
function bodies(get: string, post: string): Way {
  return body((method) => (method === 'GET' ? get : post));
}

function packed(encoding: string, pack: (bytes: Buffer) => Buffer): Way {
  return body((method) => pack(Buffer.from(wellOf(method))), { 'content-encoding': encoding });
}

function bomb(encoding: string, pack: (bytes: Buffer) => Buffer, line = '200 OK'): Way {
  let bytes: Buffer | undefined;
  return (stage) => {
    bytes ??= pack(Buffer.alloc(50_000_000));
    return sending(answer(bytes, { line, headers: { 'content-encoding': encoding } }))(stage);
  };
}

const gzip = (bytes: Buffer) => gzipSync(bytes);
const brotli = (bytes: Buffer) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const cut = (pack: (bytes: Buffer) => Buffer, lost: number) => (bytes: Buffer) =>
  pack(bytes).subarray(0, -lost);

/** The packed bytes with one of them changed. */
function damaged(bytes: Buffer): Buffer {
  const copy = gzipSync(bytes);
  copy[20] = copy[20]! ^ 0xff;
  return copy;
}

/** Sends as much as the client takes. */
function flood(socket: Socket): void {
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

const deep = '['.repeat(200_000) + ']'.repeat(200_000);
const page = '<!doctype html><html><head><title>Log in</title></head><body>captcha</body></html>';

function withMember(member: string): Way {
  return body((method) => wellOf(method).replace('{"data":{', `{"data":{${member},`));
}

function prototypeUntouched(way: Way): Way {
  return async (stage) => ({
    ...(await way(stage)),
    verify: () => {
      const names = ['polluted', 'total_credits', 'id'].filter((name) => name in {});
      if (names.length > 0) throw new Error(`on every object now: ${names.join(', ')}`);
    },
  });
}

/** Nothing of the answer may show in what the caller gets. */
function unseen(way: Way, ...texts: string[]): Way {
  return async (stage) => ({
    ...(await way(stage)),
    verify: (outcome) => {
      const { message } = outcome as Error;
      if (message.length > 300 || texts.some((text) => message.includes(text))) throw new Error(message);
    },
  });
}

const once = response(1);
const twice = response(2);

/** What happens to the body of a success, and what may be wrong with its content. */
export const bodyFaults: readonly Fault[] = [
  {
    number: 32,
    title: 'a chunk is malformed',
    ways: {
      'no size': sending(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n`),
      'a negative size': sending(`${OK}transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n`),
      'more than its size': sending(`${OK}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`),
      'an endless extension': sending(
        `${OK}transfer-encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      ),
    },
    get: twice,
    post: once,
  },
  {
    number: 33,
    title: 'chunks end without the last one',
    ways: sending(`${OK}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`),
    get: twice,
    post: once,
  },
  {
    number: 34,
    title: 'the body is shorter than its Content-Length',
    ways: {
      'and the connection is closed': sending((method) =>
        answer(wellOf(method), { headers: { 'content-length': '999' } }),
      ),
      'and the connection is reset': onRequest((socket, { method }) => {
        socket.write(answer(wellOf(method), { headers: { 'content-length': '999' } }));
        // A reset throws away what the client has not read.
        void aFewTurns().then(() => socket.resetAndDestroy());
      }),
    },
    get: twice,
    post: once,
  },
  {
    number: 37,
    title: 'the body stalls',
    ways: {
      'of known length': sendingOpen(`${OK}content-length: 9\r\n\r\n{`),
      'in chunks': sendingOpen(`${OK}transfer-encoding: chunked\r\n\r\n1\r\n{\r\n`),
      'before its first byte': sendingOpen(`${OK}content-length: 9\r\n\r\n`),
    },
    options: SHORT,
    get: timeout(2, 'applied', 'body'),
    post: timeout(1, 'applied', 'body'),
  },
  {
    number: 38,
    title: 'the body arrives slowly forever',
    ways: {
      'until the connection closes': onRequest((socket) => drip(socket, ' ', `${OK}\r\n`)),
      'in chunks': onRequest((socket) =>
        drip(socket, '1\r\n \r\n', `${OK}transfer-encoding: chunked\r\n\r\n`),
      ),
    },
    options: SHORT,
    get: timeout(2, 'applied', 'body'),
    post: timeout(1, 'applied', 'body'),
  },
  {
    number: 39,
    title: 'the body never ends',
    ways: onRequest((socket) => {
      socket.write(`${OK}\r\n`);
      flood(socket);
    }),
    options: LIMITED,
    heapMb: HEAP_MB,
    get: once,
    post: once,
  },
  {
    number: 40,
    title: 'the body is announced as 10 GB',
    ways: sendingOpen(`${OK}content-length: 10000000000\r\n\r\n{`),
    heapMb: HEAP_MB,
    get: once,
    post: once,
    note: 'refused before it is read',
  },
  {
    number: 40,
    title: 'the body of an error is announced as 10 GB',
    ways: sendingOpen('HTTP/1.1 403 No\r\ncontent-length: 10000000000\r\n\r\n{'),
    heapMb: HEAP_MB,
    get: status(403, 'Forbidden', 1, 'rejected'),
    post: status(403, 'Forbidden', 1, 'rejected'),
    note: 'the status decides',
  },
  {
    number: 41,
    title: 'a compressed body of 50 KB unpacks to 50 MB',
    ways: { gzip: bomb('gzip', gzip), deflate: bomb('deflate', deflateSync), Brotli: bomb('br', brotli) },
    options: LIMITED,
    heapMb: HEAP_MB,
    get: once,
    post: once,
  },
  {
    number: 41,
    title: 'a compressed error unpacks to 50 MB',
    ways: bomb('gzip', gzip, '500 Oh'),
    options: LIMITED,
    heapMb: HEAP_MB,
    get: status(500, 'InternalServer', 2, 'unknown'),
    post: status(500, 'InternalServer', 1, 'unknown'),
    note: 'the status decides',
  },
  {
    number: 42,
    title: 'a compressed body is truncated',
    ways: {
      'gzip in the middle': packed('gzip', cut(gzip, 20)),
      'gzip without its trailer': packed('gzip', cut(gzip, 8)),
      'deflate without its checksum': packed('deflate', cut(deflateSync, 4)),
      Brotli: packed('br', cut(brotli, 4)),
    },
    get: twice,
    post: once,
  },
  {
    number: 43,
    title: 'a compressed body is damaged',
    ways: {
      'a wrong byte': packed('gzip', damaged),
      'text labelled as gzip': packed('gzip', (bytes) => bytes),
      'text labelled as Brotli': packed('br', (bytes) => bytes),
    },
    get: twice,
    post: once,
  },
  {
    number: 44,
    title: 'the body has an unrequested encoding',
    ways: {
      zstd: packed('zstd', (bytes) => bytes),
      'gzip, twice': packed('gzip, gzip', (bytes) => gzip(gzip(bytes))),
      'the name of an object’s member': packed('constructor', (bytes) => bytes),
    },
    get: twice,
    post: once,
    note: 'retried: another server may answer',
  },
  {
    number: 45,
    title: 'the body is not UTF-8',
    ways: {
      'a byte that never occurs': body((method) =>
        Buffer.from(wellOf(method).replace('}', ',"x":"\xff"}'), 'latin1'),
      ),
      'half a character': body(Buffer.from('"€"').subarray(0, 3)),
      'UTF-16': body((method) => Buffer.from(`\uFEFF${wellOf(method)}é`, 'utf16le')),
    },
    get: once,
    post: once,
  },
  {
    number: 45,
    title: 'a byte order mark stands before the body',
    ways: body((method) => `\uFEFF${wellOf(method)}`),
    get: value(),
    post: value(),
  },
  {
    number: 46,
    title: 'JSON is truncated, and the connection is closed normally',
    ways: {
      'of its own length': body((method) => wellOf(method).slice(0, -2)),
      'of no length': sending((method) => `${OK}\r\n${wellOf(method).slice(0, -2)}`),
    },
    get: twice,
    post: once,
  },
  {
    number: 47,
    title: 'the success is a page',
    ways: {
      'a login': unseen(body(page, { 'content-type': 'text/html' }), 'captcha', 'Log in'),
      'labelled as JSON': unseen(body(page), 'captcha', 'Log in'),
      'with the key in it': onRequest((socket, { head }) =>
        socket.end(answer(`<p>${head}</p>`, { headers: { 'content-type': 'text/html' } })),
      ),
    },
    get: once,
    post: once,
  },
  {
    number: 48,
    title: 'the success is empty',
    ways: {
      'a 200': body(''),
      'a 201': sending(answer('', { line: '201 Created' })),
      'a 204': sending('HTTP/1.1 204 No Content\r\n\r\n'),
      'a 205': sending('HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n'),
      'blanks alone': body(' \r\n '),
    },
    get: once,
    post: once,
  },
  {
    number: 49,
    title: 'the success is JSON but not an object',
    ways: { null: body('null'), 'a string': body('"x"'), 'a list': body('[]'), 'a number': body('7') },
    get: response(1, { path: 'data' }),
    post: response(1, { path: 'data' }),
  },
  {
    number: 50,
    title: 'the success contains a refusal',
    ways: body('{"error":{"code":402,"message":"no credits"}}'),
    get: status(402, 'PaymentRequired', 1, 'rejected', { message: 'no credits' }),
    post: status(402, 'PaymentRequired', 1, 'rejected', { message: 'no credits' }),
  },
  {
    number: 50,
    title: 'the success contains a server error',
    ways: body('{"error":{"code":503,"message":"later"}}'),
    get: status(503, 'ServiceUnavailable', 2, 'unknown', { message: 'later' }),
    post: status(503, 'ServiceUnavailable', 1, 'unknown', { message: 'later' }),
  },
  {
    number: 50,
    title: 'the success contains an error without a status',
    ways: {
      'a string': body('{"error":"oh"}'),
      'a code of another type': body('{"error":{"code":"E_OH","message":"oh"}}'),
      'a code that is not an error status': body('{"error":{"code":200,"message":"oh"}}'),
    },
    get: status(500, 'InternalServer', 2, 'unknown', { message: 'oh' }),
    post: status(500, 'InternalServer', 1, 'unknown', { message: 'oh' }),
  },
  {
    number: 51,
    title: 'a required member is missing or has the wrong type',
    ways: {
      missing: bodies('{"data":{"total_usage":1}}', '{"data":{"code":"X"}}'),
      'a string, or a number': bodies('{"data":{"total_credits":"1","total_usage":0}}', '{"data":{"id":7}}'),
      null: bodies('{"data":{"total_credits":null,"total_usage":0}}', '{"data":{"id":null}}'),
      'beyond the largest number, or empty': bodies(
        '{"data":{"total_credits":1e400,"total_usage":0}}',
        '{"data":{"id":""}}',
      ),
    },
    get: response(1, { path: 'data.total_credits' }),
    post: response(1, { path: 'data.id' }),
    note: 'never 0, never `Infinity`',
  },
  {
    number: 51,
    title: 'an amount is NaN',
    ways: bodies('{"data":{"total_credits":NaN,"total_usage":0}}', '{"data":{"id":NaN}}'),
    get: twice,
    post: once,
    note: 'not JSON, treated as truncated',
  },
  {
    number: 52,
    title: 'members are repeated, or have names of `Object.prototype`',
    ways: {
      'the last of two': prototypeUntouched(withMember('"total_credits":1,"id":"first"')),
      'a member named __proto__': prototypeUntouched(withMember('"__proto__":{"polluted":1}')),
      'a member named constructor': prototypeUntouched(
        withMember('"constructor":{"prototype":{"polluted":1}}'),
      ),
    },
    get: value(),
    post: value(),
  },
  {
    number: 52,
    title: 'a required member is only on the prototype',
    ways: prototypeUntouched(
      bodies(
        '{"data":{"__proto__":{"total_credits":1,"total_usage":0}}}',
        '{"data":{"__proto__":{"id":"x"}}}',
      ),
    ),
    get: response(1, { path: 'data.total_credits' }),
    post: response(1, { path: 'data.id' }),
  },
  {
    number: 53,
    title: 'the success nests 200 000 deep',
    ways: body(deep),
    get: response(1, { path: undefined }),
    post: response(1, { path: undefined }),
    note: 'refused before it is parsed',
  },
  {
    number: 53,
    title: 'an error nests 200 000 deep',
    ways: sending(
      answer(`{"error":{"code":400,"message":"deep","metadata":{"x":${deep}}}}`, { line: '400 No' }),
    ),
    get: status(400, 'BadRequest', 1, 'rejected', { message: 'deep' }),
    post: status(400, 'BadRequest', 1, 'rejected', { message: 'deep' }),
  },
  {
    number: 54,
    title: 'JSON is labelled as text',
    ways: {
      'text/plain': body(wellOf, { 'content-type': 'text/plain' }),
      'text/html': body(wellOf, { 'content-type': 'text/html' }),
    },
    get: value(),
    post: value(),
    note: 'accepted if it is what was promised',
  },
];
