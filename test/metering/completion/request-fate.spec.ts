import { afterEach, describe, expect, it } from '@jest/globals';
import { wasNeverSent } from '../../../lib/metering/completion/request-fate.js';
import {
  cleanUp,
  closedPort,
  sendJson,
  startServer,
  startTcpServer,
  startTlsServer,
} from '../../support/servers.js';

afterEach(cleanUp);

/** What `fetch` throws for a completion sent to a URL. */
async function thrownBy(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { method: 'POST', body: '{}' });
    await answer.text();
  } catch (error) {
    return error;
  }
  throw new Error('The request was answered.');
}

describe('a request that failed in Node', () => {
  it('was never sent to a port on which nobody listens', async () => {
    expect(wasNeverSent(await thrownBy(`http://127.0.0.1:${await closedPort()}/`))).toBe(true);
    expect(wasNeverSent(await thrownBy(`http://localhost:${await closedPort()}/`))).toBe(true);
  });

  it('was never sent to a host without an address', async () => {
    expect(wasNeverSent(await thrownBy('http://no-such-host.invalid/'))).toBe(true);
  });

  it('was never sent to a server whose certificate is refused', async () => {
    const { baseUrl, requests } = await startTlsServer((_request, response) => sendJson(response, {}));
    expect(wasNeverSent(await thrownBy(baseUrl))).toBe(true);
    expect(requests).toEqual([]);
  });

  it('was never sent to a server that speaks no TLS, or ends the handshake', async () => {
    const plain = await startServer((_request, response) => sendJson(response, {}));
    expect(wasNeverSent(await thrownBy(`https://127.0.0.1:${plain.port}/`))).toBe(true);
    const { port } = await startTcpServer((socket) => socket.once('data', () => socket.destroy()));
    expect(wasNeverSent(await thrownBy(`https://127.0.0.1:${port}/`))).toBe(true);
    expect(plain.requests).toEqual([]);
  });

  it('was never sent to what is no URL', async () => {
    expect(wasNeverSent(await thrownBy('no url'))).toBe(true);
  });

  it('may have been sent if the connection was lost before the answer', async () => {
    const { port } = await startTcpServer((socket) => socket.once('data', () => socket.destroy()));
    expect(wasNeverSent(await thrownBy(`http://127.0.0.1:${port}/`))).toBe(false);
    const reset = await startTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(wasNeverSent(await thrownBy(`http://127.0.0.1:${reset.port}/`))).toBe(false);
  });
});

describe('a request that failed with an error of another kind', () => {
  const connect = { code: 'ETIMEDOUT', syscall: 'connect' };
  const circle: { cause?: unknown } = {};
  circle.cause = circle;

  it.each<[string, unknown, boolean]>([
    ['a connection that undici gave up', { cause: { code: 'UND_ERR_CONNECT_TIMEOUT' } }, true],
    ['a connection that took too long', { cause: connect }, true],
    ['all addresses in turn', { cause: { errors: [connect, { ...connect, code: 'EHOSTUNREACH' }] } }, true],
    ['one address refused, one read', { cause: { errors: [connect, { code: 'ECONNRESET' }] } }, false],
    ['no addresses', { cause: { errors: [] } }, false],
    ['headers that took too long', { cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } }, false],
    ['a connection that timed out while it was read', { code: 'ETIMEDOUT', syscall: 'read' }, false],
    ['a lost socket', { cause: { code: 'UND_ERR_SOCKET' } }, false],
    ['a record that could not be decrypted', { code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' }, false],
    ['an error that is its own cause', circle, false],
    ['nothing', undefined, false],
    ['a string', 'no', false],
  ])('tells whether it was sent: %s', (_title, error, expected) => {
    expect(wasNeverSent(error)).toBe(expected);
  });
});
