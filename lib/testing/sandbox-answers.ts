import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { creditsBody } from './routes/credits.routes.js';
import { errorBody } from './routes/error-bodies.js';
import type { SandboxReply } from './routes/route.js';
import type { Content, Headers, QueuedFailure, SandboxFault } from './sandbox-faults.js';

/** What goes out, whole or broken. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `undefined`: an empty body without a type. */
  readonly content: Content | undefined;
}

/** `userId` is that of the caller, which error bodies name. */
export function answerOf(reply: SandboxReply, userId: string | undefined): Answer {
  if ('refused' in reply) {
    return { status: reply.refused, headers: {}, content: json(errorBody(reply.refused, userId, reply)) };
  }
  const { status, headers = {}, events } = reply;
  return { status, headers, content: events ? eventStream(events) : reply.json && json(reply.json) };
}

/** What a failure sends. `carriedOut` is the answer whose place it takes, where the request was carried out. */
export function failedAnswer(
  { fault, status, headers, content }: QueuedFailure,
  userId: string | undefined,
  carriedOut: Answer | undefined,
): Answer {
  if (fault === undefined) {
    const refused = status ?? 500;
    const own = refused < 300 ? undefined : json(errorBody(refused, userId));
    return { status: refused, headers, content: content ?? own };
  }
  const cut = carriedOut ?? { status: 200, headers: {}, content: json(creditsBody(NO_CREDITS)) };
  const own = status === undefined || status < 300 ? cut.content : json(errorBody(status, userId));
  return { status: status ?? cut.status, headers: { ...cut.headers, ...headers }, content: content ?? own };
}

/** Some JSON to cut. */
const NO_CREDITS = { totalCredits: 0, totalUsage: 0 };

export function sendAnswer(response: ServerResponse, { status, headers, content }: Answer): void {
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...standing(content?.type),
    ...headers,
    ...(hasLength ? { 'content-length': content?.bytes.length ?? 0 } : {}),
  });
  response.end(content?.bytes);
}

/** Breaks the connection of a response that has not begun. */
export function playFault(
  fault: SandboxFault,
  response: ServerResponse,
  { status, headers, content }: Answer,
): void {
  const { socket } = response.req;
  const bytes = content?.bytes ?? Buffer.alloc(0);
  switch (fault) {
    case 'hang':
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'close':
      socket.destroySoon();
      return;
    case 'garbage':
      socket.write('\u0000\u0001 this is no HTTP response\r\n\r\n');
      socket.destroySoon();
      return;
    case 'hang-body':
    case 'truncate':
      response.writeHead(status, {
        ...standing(content?.type),
        ...headers,
        'content-length': Math.max(bytes.length, 1),
      });
      response.flushHeaders();
      response.write(bytes.subarray(0, bytes.length / 2));
      if (fault === 'truncate') socket.destroySoon();
  }
}

function json(value: object): Content {
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
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
