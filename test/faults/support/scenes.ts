import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { lookingUp } from '../../support/lookup.js';
import {
  CHARGE_BODY,
  CREDITS_BODY,
  startRawServer,
  startTcpServer,
  type TestServer,
} from '../../support/servers.js';
import { sleep } from '../../support/waiting.js';
import type { Handler, Method, Scene, Stage, Way } from './fault.js';

/** A server that reads a request in full and then does what it is told. */
export function onRequest(
  handler: Handler,
  more?: (server: TestServer, stage: Stage) => Partial<Scene>,
): Way {
  return async (stage) => {
    const server = await startRawServer((socket, head, index) =>
      handler(socket, { method: head.split(' ', 1)[0] as Method, head, index }),
    );
    return { baseUrl: server.baseUrl, sent: () => server.requests.length, ...more?.(server, stage) };
  };
}

/** A server that answers every request with these bytes and closes the connection. */
export function sending(bytes: string | Buffer | ((method: Method) => string | Buffer)): Way {
  return onRequest((socket, { method }) =>
    socket.end(typeof bytes === 'function' ? bytes(method) : bytes, 'latin1'),
  );
}

/** A server that sends these bytes and leaves the connection open. */
export function sendingOpen(bytes: string): Way {
  return onRequest((socket) => socket.write(bytes, 'latin1'));
}

/** A server that deals with a connection before it has read a request. */
export function onConnection(handler: (socket: Socket, index: number) => unknown): Way {
  return async () => {
    let heard = 0;
    const server = await startTcpServer((socket) => {
      socket.once('data', () => (heard += 1));
      handler(socket, server.sockets.length - 1);
    });
    return { baseUrl: server.baseUrl, sent: () => heard };
  };
}

/** A server that speaks TLS. */
export function onSecureRequest(
  identity: { cert: string; key: string },
  handler: (socket: Socket) => unknown,
  more: (port: number) => Partial<Scene>,
): Way {
  return async () => {
    let requests = 0;
    let connections = 0;
    const sockets = new Set<Socket>();
    const server = createTlsServer(identity, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        if (!chunk.includes('\r\n\r\n')) return;
        requests += 1;
        handler(socket);
      });
    });
    server.on('connection', (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
    });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const scene = more(port);
    return {
      baseUrl: `https://127.0.0.1:${port}/api/v1`,
      sent: () => requests,
      tries: () => connections,
      ...scene,
      end: async () => {
        scene.end?.();
        server.close();
        for (const socket of sockets) socket.destroy();
        await once(server, 'close');
      },
    };
  };
}

/** A name that leads where it is told; each time it is asked counts as a try. */
export function named(answer: (asked: number) => readonly string[] | Error, when?: 'at once' | 'later') {
  const { lookup, asked } = lookingUp(answer, when);
  return {
    options: { axios: { lookup } },
    tries: asked,
    at: (port: number, protocol = 'http') => `${protocol}://api.test:${port}/api/v1`,
  };
}

/** For {@link answer}: the connection stays open. */
export const KEPT = { connection: 'keep-alive' };

/** An answer as bytes, with its length. It announces that the connection is closed, unless told otherwise. */
export function answer(
  body: string | Buffer,
  { line = '200 OK', headers = {} }: { line?: string; headers?: Record<string, string> } = {},
): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries({
    'content-type': 'application/json',
    'content-length': String(bytes.length),
    connection: 'close',
    ...headers,
  }).map(([name, text]) => `${name}: ${text}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${line}\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** What the API would answer. */
export function wellOf(method: Method): string {
  return method === 'GET' ? CREDITS_BODY : CHARGE_BODY;
}

/** An error in the API's envelope. */
export function refusal(line: string, error: object = {}, headers: Record<string, string> = {}): Buffer {
  return answer(JSON.stringify({ error: { code: Number(line.slice(0, 3)), message: 'refused', ...error } }), {
    line,
    headers,
  });
}

/** Sends a text again and again until the connection is gone. */
export function drip(socket: Socket, text: string, first = ''): void {
  socket.write(first);
  const timer = setInterval(() => {
    if (socket.destroyed) clearInterval(timer);
    else socket.write(text);
  }, 10);
  socket.once('close', () => clearInterval(timer));
}

/**
 * Lets a few turns of the event loop pass, so that each end has read what the other one has written. One long wait is
 * not as good: where the machine stands still meanwhile, its timer comes before the bytes.
 */
export async function aFewTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await sleep(5);
  }
}
