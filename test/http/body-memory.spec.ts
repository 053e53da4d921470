import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { cleanUp, clientOf, startRawServer, startServer } from '../support/servers.js';
import { failureOf } from '../support/failures.js';

afterEach(cleanUp);

const SIZE = 2_000_000;
const BYTES_OF_HEAP_FOR_EACH = 24;
const BODY = Buffer.from(`{"data":{"total_credits":100.5,"total_usage":25.75},"fill":"${'x'.repeat(SIZE)}"}`);

const PACKED: readonly [string, Buffer][] = [
  ['identity', BODY],
  ['gzip', gzipSync(BODY, { level: 0 })],
  ['deflate', deflateSync(BODY, { level: 0 })],
  ['br', brotliCompressSync(BODY, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } })],
];

/** Sends a body with a chunk for each byte, as fast as it is taken. */
async function drip(socket: Socket, status: string, encoding: string, body: Buffer): Promise<void> {
  socket.write(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\n` +
      'transfer-encoding: chunked\r\n\r\n',
  );
  for (let at = 0; at < body.length && !socket.destroyed; at += 10_000) {
    const chunks = [...body.subarray(at, at + 10_000)].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`);
    if (!socket.write(chunks.join(''), 'latin1')) {
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
  }
  socket.end('0\r\n\r\n');
}

/** Reads an answer in a process of its own that could not hold two hundred bytes for each of the body's. */
async function read(baseUrl: string): Promise<{ outcome: Record<string, unknown>; bytes: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--max-old-space-size=100',
    'test/http/support/memory-reader.mjs',
    JSON.stringify({ baseUrl }),
  ]);
  return JSON.parse(stdout);
}

describe('a body in chunks of one byte', () => {
  it.each(PACKED)(
    'costs at most 24 bytes of memory for each: %s',
    async (encoding, packed) => {
      const server = await startRawServer((socket) => void drip(socket, '200 OK', encoding, packed));
      const { outcome, bytes } = await read(server.baseUrl);
      expect(outcome).toEqual({ balance: 74.75 });
      expect(bytes / BODY.length).toBeLessThan(BYTES_OF_HEAP_FOR_EACH);
    },
    120_000,
  );

  it('is cut off where it is larger than the limit', async () => {
    const server = await startRawServer((socket) => void drip(socket, '200 OK', 'identity', BODY));
    const client = clientOf(server, { maxResponseBytes: 10_000, timeoutMs: 60_000, deadlineMs: 60_000 });
    expect((await failureOf(client.credits.getCredits(), 60_000)).message).toContain(
      'larger than `maxResponseBytes` (10000)',
    );
  }, 60_000);
});

describe('the body of an error', () => {
  const LONG = `{"error":{"code":402,"message":"out of credits","metadata":{"fill":"${'é€😀'.repeat(200_000)}","after":1}}}`;

  it.each([
    ['identity', Buffer.from(LONG)],
    ['gzip', gzipSync(LONG)],
    ['deflate', deflateSync(LONG)],
    ['br', brotliCompressSync(LONG)],
    ['gzip', gzipSync(LONG, { level: 0 })],
    ['deflate', deflateSync(LONG, { level: 0 })],
  ])('is read up to 64 KiB and no further: %s', async (encoding, packed) => {
    const server = await startServer((_request, response) => {
      response.writeHead(402, { 'content-type': 'application/json', 'content-encoding': encoding });
      response.end(packed);
    });
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toMatchObject({
      name: 'OpenRouterPaymentRequiredException',
      message: 'out of credits',
      delivery: 'rejected',
    });
    expect(Reflect.get(failure, 'metadata')).not.toHaveProperty('after');
  });

  it('is whole if it has 64 KiB', async () => {
    const around = '{"error":{"message":"no","metadata":{"fill":"","after":1}}}'.length;
    // Of what is cut off, all is read that has come whole: the number's end is told by what follows it.
    for (const [more, isWhole] of [
      [0, true],
      [3, false],
    ] as const) {
      const fill = 'x'.repeat(65_536 - around + more);
      const server = await startServer((_request, response) => {
        response.writeHead(400);
        response.end(`{"error":{"message":"no","metadata":{"fill":"${fill}","after":1}}}`);
      });
      const failure = await failureOf(clientOf(server).credits.getCredits());
      expect(failure.message).toBe('no');
      expect('after' in (Reflect.get(failure, 'metadata') as object)).toBe(isWhole);
    }
  });

  it('is not waited for beyond that, and its connection is closed', async () => {
    const server = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 429 No\r\n\r\n{"error":{"message":"slow down"}}${' '.repeat(70_000)}`);
    });
    const failure = await failureOf(clientOf(server, { retry: false }).credits.getCredits());
    expect(failure).toMatchObject({ name: 'OpenRouterTooManyRequestsException', message: 'slow down' });
    if (!server.sockets[0]!.destroyed) await once(server.sockets[0]!, 'close');
  });

  it('is no longer where it stands inside a success', async () => {
    const members = Array.from({ length: 2_000 }, (_, at) => `"member ${at}":"${'x'.repeat(900)}"`).join(',');
    const server = await startServer((_request, response) =>
      response.end(
        `{"data":null,"error":{"code":403,"message":"${'m'.repeat(5_000)}","metadata":{${members}}}}`,
      ),
    );
    const failure = await failureOf(clientOf(server).credits.getCredits());
    expect(failure).toMatchObject({ name: 'OpenRouterForbiddenException', message: 'm'.repeat(1_000) });
    expect(JSON.stringify(failure).length).toBeLessThan(100_000);
    expect(JSON.stringify(failure)).toContain('member 9');
  });
});
