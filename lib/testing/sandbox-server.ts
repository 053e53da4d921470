import { randomBytes, randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
// Imported, so that a test which fakes the global timers still gets its answers.
import { setTimeout } from 'node:timers';
import { type Account, createAccount } from './account/account.js';
import { creditsBody } from './routes/credits.routes.js';
import { errorBody } from './routes/error-bodies.js';
import { type SandboxReply, refusal } from './routes/route.js';
import { createRouter } from './routes/router.js';
import { identifyCaller, isKnown } from './sandbox-caller.js';
import {
  type Content,
  type FailureQueue,
  type QueuedFailure,
  createFailureQueue,
  playFault,
} from './sandbox-faults.js';
import type { ResolvedSandboxOptions } from './sandbox-options.js';
import { type SandboxRequest, TOO_LARGE, readBody } from './sandbox-requests.js';

const HOST = '127.0.0.1';

/** A running sandbox without its public face. */
export interface SandboxServer {
  readonly origin: string;
  readonly account: Account;
  readonly failures: FailureQueue;
  readonly requests: SandboxRequest[];
  /** Milliseconds that every answer waits. */
  latencyMs: number;
  stop(): Promise<void>;
}

export async function startServer(options: ResolvedSandboxOptions): Promise<SandboxServer> {
  const account = createAccount(options);
  const failures = createFailureQueue();
  const requests: SandboxRequest[] = [];
  const route = createRouter(account, options);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const receivedAt = new Date();
    const { method = '', url: path = '', headers } = request;
    const { latencyMs } = sandbox;
    const body = await readBody(request);
    const caller = identifyCaller(headers.authorization, account);
    const userId = isKnown(caller) ? account.userId : undefined;
    const failure = failures.take(method, path);
    const known = body === TOO_LARGE ? undefined : body;
    requests.push(
      Object.freeze({
        method,
        path,
        key: caller.kind,
        keyHash: caller.kind === 'api' ? caller.key.hash : undefined,
        headers: Object.freeze(headers),
        body: known,
        receivedAt,
        failed: failure !== undefined,
      }),
    );
    // Carried out before the wait, as by an API that is late only with its answer.
    const reply =
      failure ?? (body === TOO_LARGE ? refusal(413) : route({ method, path, caller, headers, body: known }));
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs).unref());
    // The client may have given up meanwhile.
    if (response.destroyed) return;
    if ('fault' in reply) playFailure(reply, response, userId);
    else sendReply(response, reply, userId);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      // The client went away in the middle of its request.
      request.socket.destroy();
    });
  });
  // Five seconds, Node's default, is short enough for a client to write to a socket that is just closing.
  server.keepAliveTimeout = 65_000;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, options.port);

  let stopped: Promise<void> | undefined;
  const sandbox: SandboxServer = {
    origin: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    account,
    failures,
    requests,
    latencyMs: options.latencyMs,
    stop: () => {
      stopped ??= new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      });
      return stopped;
    },
  };
  return sandbox;
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const { code = 'unknown' } = cause;
      const problem = code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${code})`;
      const message = `OpenRouterSandbox.start: port ${port} of ${HOST} ${problem}; pass another port, or none to get a free one`;
      reject(Object.assign(new Error(message, { cause }), { code }));
    });
    server.listen(port, HOST, resolve);
  });
}

function sendReply(response: ServerResponse, reply: SandboxReply, userId: string | undefined): void {
  if ('refused' in reply) send(response, reply.refused, {}, json(errorBody(reply.refused, userId, reply)));
  else
    send(
      response,
      reply.status,
      reply.headers ?? {},
      reply.events ? eventStream(reply.events) : json(reply.json),
    );
}

function playFailure(failure: QueuedFailure, response: ServerResponse, userId: string | undefined): void {
  const { delayMs, fault, status, headers } = failure;
  const content = failure.content ?? defaultContent(status, userId, fault !== undefined);
  const play = (): void => {
    // The client may have given up during the delay.
    if (response.destroyed) return;
    if (fault === undefined) {
      send(response, status, headers, content);
      return;
    }
    const bytes = content?.bytes ?? Buffer.alloc(0);
    playFault(fault, response, { status, headers: { ...standing(content?.type), ...headers }, bytes });
  };
  if (delayMs === 0) play();
  else setTimeout(play, delayMs).unref();
}

function defaultContent(status: number, userId: string | undefined, isCut: boolean): Content | undefined {
  if (status >= 300) return json(errorBody(status, userId));
  return isCut ? json(creditsBody({ totalCredits: 0, totalUsage: 0 })) : undefined;
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | string[]>>,
  content: Content | undefined,
): void {
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...standing(content?.type),
    ...headers,
    ...(hasLength ? { 'content-length': content?.bytes.length ?? 0 } : {}),
  });
  response.end(content?.bytes);
}

function json(value: object | undefined): Content | undefined {
  return value && { type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
}

function eventStream(events: readonly object[]): Content {
  // The API sends such comments to keep a connection open while a provider thinks.
  const lines = [
    ': OPENROUTER PROCESSING',
    ...events.map((event) => `data: ${JSON.stringify(event)}`),
    'data: [DONE]',
  ];
  return { type: 'text/event-stream', bytes: Buffer.from(lines.map((line) => `${line}\n\n`).join('')) };
}

/** What every response of the API carries: the ids that its support asks for, and what browsers may read. */
function standing(contentType: string | undefined): Record<string, string> {
  return {
    'request-id': `req-${randomUUID()}`,
    'cf-ray': `${randomBytes(8).toString('hex')}-FRA`,
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'X-Generation-Id, X-Provider-Name, request-id, cf-ray',
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
  };
}
