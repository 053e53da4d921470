import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Account, createAccount } from './account/account.js';
import { refusal } from './routes/route.js';
import { createRouter } from './routes/router.js';
import { type Answer, answerOf, failedAnswer, playFault, sendAnswer } from './sandbox-answers.js';
import { identifyCaller, isKnown } from './sandbox-caller.js';
import { type FailureQueue, createFailureQueue } from './sandbox-faults.js';
import type { ResolvedSandboxOptions } from './sandbox-options.js';
import { type SandboxRequest, TOO_LARGE, readBody } from './sandbox-requests.js';
import type { SandboxSettings } from './sandbox-settings.js';
import { pauseOf } from './sandbox-wait.js';

const HOST = '127.0.0.1';

/** The server of a sandbox. */
export interface SandboxServer {
  readonly origin: string;
  readonly account: Account;
  readonly failures: FailureQueue;
  readonly requests: SandboxRequest[];
  readonly settings: SandboxSettings;
  /** Keeps the process alive until `stop()`. */
  ref(): void;
  stop(): Promise<void>;
}

export async function startServer(options: ResolvedSandboxOptions): Promise<SandboxServer> {
  const account = createAccount(options);
  const failures = createFailureQueue();
  const requests: SandboxRequest[] = [];
  const settings: SandboxSettings = {
    latencyMs: options.latencyMs,
    generationDelayMs: options.generationDelayMs,
    cancelledBilling: options.cancelledBilling,
    decide: undefined,
  };
  const route = createRouter(account, options, settings);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const receivedAt = new Date();
    const { method = '', url: path = '', headers } = request;
    const { latencyMs } = settings;
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
    const carryOut = (): Answer =>
      answerOf(
        path,
        body === TOO_LARGE ? refusal(413) : route({ method, path, caller, headers, body: known }),
        userId,
      );
    // Carried out before the delay: only the answer is late.
    const answer =
      failure === undefined
        ? carryOut()
        : failedAnswer(path, failure, userId, failure.when === 'after' ? carryOut() : undefined);
    const { run } = answer;
    if (response.destroyed) run?.leave();
    else if (run !== undefined) response.once('close', () => run.leave());
    await pauseOf(response, latencyMs);
    await pauseOf(response, failure?.delayMs ?? 0);
    if (failure?.fault === undefined) {
      await sendAnswer(response, answer);
    } else {
      await pauseOf(response, answer.takesMs);
      // The client may have disconnected.
      if (response.destroyed) return;
      run?.end();
      playFault(failure.fault, response, answer);
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      // The client disconnected in the middle of its request.
      request.socket.destroy();
    });
  });
  // With Node's default of five seconds, a client may write to a socket that is just closing.
  server.keepAliveTimeout = 65_000;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.unref();
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, options.port);
  // A test that fails before it stops the sandbox must not keep its runner alive.
  server.unref();

  let stopped: Promise<void> | undefined;
  const sandbox: SandboxServer = {
    origin: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    account,
    failures,
    requests,
    settings,
    ref: () => {
      server.ref();
    },
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
