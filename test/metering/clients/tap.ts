import { request as forward, type IncomingHttpHeaders } from 'node:http';
import { startServer, type TestServer } from '../../support/servers.js';

/** A request, and the answer to it, as they have passed. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  status: number;
  answerHeaders: IncomingHttpHeaders;
  /** The bytes of the answer so far. */
  answer: Buffer;
}

/** What becomes of the next request for a completion. */
export interface TapRule {
  readonly status: number;
  /** Whether the server carries the request out and bills it all the same. */
  readonly isCarriedOut: boolean;
}

/** Stands between a client and a server, passes everything on, and records it. */
export interface Tap {
  readonly baseUrl: string;
  readonly exchanges: Exchange[];
  rule: TapRule | undefined;
}

/** Clients retry at once, or as soon as they ever do; LangChain retries no 429 that names no time. */
const RETRY_AT_ONCE = { 'retry-after-ms': '1', 'retry-after': '0' };

/** As long as the sandbox says in its answers: clients use a connection again for that time. */
const KEEP_ALIVE_MS = 65_000;

/** Starts a tap in front of the server at a base URL. `cleanUp` ends it. */
export async function startTap(upstream: string): Promise<Tap> {
  const exchanges: Exchange[] = [];
  const tap: Omit<Tap, 'baseUrl'> = { exchanges, rule: undefined };
  const { port } = new URL(upstream);
  const { baseUrl }: TestServer = await startServer((request, response) => {
    const { method, path, headers, body } = request;
    const rule = method === 'POST' ? tap.rule : undefined;
    if (method === 'POST') tap.rule = undefined;
    const exchange = { method, path, headers, body, status: 0, answerHeaders: {}, answer: Buffer.alloc(0) };
    exchanges.push(exchange);
    if (rule?.isCarriedOut === false) {
      response.writeHead(rule.status, { 'content-type': 'application/json', ...RETRY_AT_ONCE });
      response.end(JSON.stringify({ error: { code: rule.status, message: 'Not now.' } }));
      return;
    }
    const onward = forward({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      exchange.status = rule?.status ?? answer.statusCode ?? 0;
      exchange.answerHeaders = answer.headers;
      response.writeHead(exchange.status, { ...answer.headers, ...(rule !== undefined && RETRY_AT_ONCE) });
      answer.on('data', (bytes: Buffer) => {
        exchange.answer = Buffer.concat([exchange.answer, bytes]);
        response.write(bytes);
      });
      answer.on('end', () => response.end());
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    onward.end(body);
  }, KEEP_ALIVE_MS);
  return Object.assign(tap, { baseUrl });
}
