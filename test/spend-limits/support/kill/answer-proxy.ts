import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KillPoint } from './kill-point.js';

/** The point of a process that is not killed. */
const LIVE = new KillPoint(undefined, 'before', 0, () => undefined);

/** What is known of a completion by the `user` that its request names. */
interface Wanted {
  /** Number of the process that sends it. */
  readonly replica: number;
  /** `refused` by OpenRouter, or `unanswered`; anything else is the sandbox's affair. */
  readonly kind: string;
}

/** Stands between processes and OpenRouter: kills each of them at one of the steps of its answers. */
export class AnswerProxy {
  private constructor(
    private readonly server: Server,
    private readonly origin: string,
    private readonly points: readonly KillPoint[],
  ) {
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => {
      void this.pass(asked, answer);
    });
  }

  /** @param points - One for each process. */
  static async start(origin: string, points: readonly KillPoint[]): Promise<AnswerProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new AnswerProxy(server, origin, points);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = Buffer.concat((await asked.toArray()) as Buffer[]);
    const { method, headers, url } = asked;
    const target = new URL(url!, this.origin);
    const isCompletion = method === 'POST';
    // A look-up has no body, but a header of its process.
    const { replica, kind } = isCompletion
      ? wantedOf(body)
      : { replica: Number(headers['x-replica']), kind: '' };
    const point = this.points[replica] ?? LIVE;
    if (!point.passes(isCompletion ? 'send' : 'look-up', 'before')) return;
    if (kind === 'refused') {
      answer.writeHead(429, { 'content-type': 'application/json' });
      answer.end('{"error":{"code":429,"message":"Rate limit exceeded"}}');
      return;
    }
    const upstream = request(target, { method, headers, agent: false });
    answer.once('close', () => upstream.destroy());
    upstream.on('error', () => answer.destroy());
    upstream.once('response', (given) => {
      given.on('error', () => answer.destroy());
      if (isCompletion) {
        if (kind === 'unanswered') answer.destroy();
        else if (point.passes('headers', 'before')) passBody(given, answer, point);
      } else if (point.passes('look-up', 'after')) {
        passBody(given, answer, undefined);
      }
    });
    upstream.end(body);
  }
}

function passBody(given: IncomingMessage, answer: ServerResponse, point: KillPoint | undefined): void {
  answer.writeHead(given.statusCode!, given.headers);
  answer.flushHeaders();
  given.on('data', (chunk: Buffer) => {
    if (point === undefined) answer.write(chunk);
    else if (point.passes('chunk', 'before')) answer.write(chunk, () => point.passes('chunk', 'after'));
  });
  given.on('end', () => {
    if (point?.isReached !== true) answer.end();
  });
}

function wantedOf(body: Buffer): Wanted {
  const { user } = JSON.parse(body.toString()) as { user: string };
  return JSON.parse(user) as Wanted;
}
