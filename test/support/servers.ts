import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { OpenRouterClient } from '../../lib/openrouter.client.js';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import { tlsIdentity } from './tls.js';

/** A key in OpenRouter's format that exists nowhere else. */
export const API_KEY = `sk-or-v1-${'a1b2c3d4'.repeat(8)}`;
export const MANAGEMENT_KEY = `sk-or-v1-${'9f8e7d6c'.repeat(8)}`;

export const CREDITS_BODY = '{"data":{"total_credits":100.5,"total_usage":25.75}}';
export const CREDITS = { totalCredits: 100.5, totalUsage: 25.75, balance: 74.75, currency: 'USD' };
export const CHARGE_BODY = '{"data":{"id":"ch_1"}}';
export const CHARGE = { id: 'ch_1' };

/** A request as a server has read it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly at: number;
  readonly socket: Socket;
}

/** A server on this machine and everything that has reached it. */
export interface TestServer {
  readonly port: number;
  readonly baseUrl: string;
  readonly requests: SeenRequest[];
  /** Every connection that was ever opened. */
  readonly sockets: Socket[];
}

export type Answer = (request: SeenRequest, response: ServerResponse, index: number) => void;

const running: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];
const clients: OpenRouterClient[] = [];
const ends: (() => unknown)[] = [];

/**
 * Starts an HTTP server that reads each request in full before it is answered.
 *
 * @param keepAliveTimeout - After how many milliseconds it closes an idle connection. @defaultValue that of Node
 */
export async function startServer(answer: Answer, keepAliveTimeout?: number): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(answerRequests(requests, answer));
  if (keepAliveTimeout !== undefined) server.keepAliveTimeout = keepAliveTimeout;
  return { ...(await listen(server)), requests };
}

/** Starts an HTTPS server with {@link tlsIdentity}; a client reaches it as `localhost`. */
export async function startTlsServer(answer: Answer): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createTlsServer(tlsIdentity, answerRequests(requests, answer));
  server.on('tlsClientError', () => undefined);
  const listening = await listen(server);
  return { ...listening, baseUrl: `https://localhost:${listening.port}/api/v1`, requests };
}

function answerRequests(requests: SeenRequest[], answer: Answer): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen: SeenRequest = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks).toString('utf8'),
        at: performance.now(),
        socket: request.socket,
      };
      requests.push(seen);
      answer(seen, response, requests.length - 1);
    });
  };
}

/** Starts a TCP server; `onRequest` is called with the head of each request as text. */
export async function startRawServer(
  onRequest: (socket: Socket, head: string, index: number) => void,
): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const server = createTcpServer((socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = text.slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      const [method = '', path = ''] = head.split(' ');
      requests.push({ method, path, headers: {}, rawHeaders: [], body: '', at: performance.now(), socket });
      onRequest(socket, head, requests.length - 1);
    });
  });
  return { ...(await listen(server)), requests };
}

/** Starts a TCP server that accepts connections and does with them what it is told. */
export async function startTcpServer(onConnection: (socket: Socket) => void): Promise<TestServer> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  return { ...(await listen(server)), requests: [] };
}

async function listen(server: Server): Promise<Omit<TestServer, 'requests'>> {
  const open = new Set<Socket>();
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    sockets.push(socket);
    socket.once('close', () => open.delete(socket));
  });
  running.push({ server, sockets: open });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, baseUrl: `http://127.0.0.1:${port}/api/v1`, sockets };
}

/** A port of this machine on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A client of a server, with both keys and waits too short to notice; closed by {@link cleanUp}. */
export function clientOf(
  server: Pick<TestServer, 'baseUrl'> | string,
  options: OpenRouterModuleOptions = {},
): OpenRouterClient {
  const client = new OpenRouterClient({
    apiKey: API_KEY,
    managementKey: MANAGEMENT_KEY,
    baseUrl: typeof server === 'string' ? server : server.baseUrl,
    timeoutMs: 2_000,
    ...options,
    retry:
      options.retry === false ? false : { initialDelayMs: 1, maxDelayMs: 4, maxRetries: 2, ...options.retry },
  });
  clients.push(client);
  return client;
}

/** Has {@link cleanUp} end something else of the test. */
export function endLater(end: () => unknown): void {
  ends.push(end);
}

/** Closes every client and server of the test, and what was given to {@link endLater}. */
export async function cleanUp(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(ends.splice(0).map((end) => end()));
  await Promise.all(
    running.splice(0).map(async ({ server, sockets }) => {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      if (server.listening) {
        await once(server, 'close');
      }
    }),
  );
  // A rejection that nobody handles fails the test in which it is reported; let it be this one.
  await new Promise((resolve) => setImmediate(resolve));
}

/** Answers with JSON of the account's credits, or of a charge. */
export function answerWell(request: SeenRequest, response: ServerResponse): void {
  sendJson(response, request.method === 'POST' ? CHARGE_BODY : CREDITS_BODY);
}

export function sendJson(
  response: ServerResponse,
  body: string | object,
  status = 200,
  headers: Record<string, string | number> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** An error in the API's own envelope. */
export function sendError(
  response: ServerResponse,
  status: number,
  error: object = {},
  headers: Record<string, string | number> = {},
): void {
  sendJson(
    response,
    { error: { code: status, message: `failed with ${status}`, ...error } },
    status,
    headers,
  );
}
