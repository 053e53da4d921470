import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { creditsBody } from './routes/credits.routes.js';
import { errorBody } from './routes/error-bodies.js';
import type { SandboxReply } from './routes/route.js';
import { waitFor } from './sandbox-wait.js';
import type { Content, Headers, QueuedFailure, SandboxFault } from './sandbox-faults.js';

/** A response to send, whole or broken. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `undefined` for an empty body without a type. */
  readonly content: Content | undefined;
  /** Where a stream's content may be cut. */
  readonly pieces?: readonly Buffer[];
  /** Milliseconds from the first to the last byte. */
  readonly takesMs: number;
  /** Must be called before the last byte, or when the client disconnects. */
  readonly onEnd?: (() => void) | undefined;
}

/** @param userId - The caller's, which error bodies contain. */
export function answerOf(reply: SandboxReply, userId: string | undefined): Answer {
  if ('refused' in reply) {
    const content = json(errorBody(reply.refused, userId, reply));
    return { status: reply.refused, headers: {}, content, takesMs: 0 };
  }
  const { status, headers = {}, events, takesMs = 0, onEnd } = reply;
  const head = { status, headers, takesMs, onEnd };
  if (events === undefined) return { ...head, content: reply.json && json(reply.json) };
  const pieces = eventStream(events);
  return { ...head, content: { type: 'text/event-stream', bytes: Buffer.concat(pieces) }, pieces };
}

/** The response of a failure. `carriedOut` is the answer that it replaces if the request was carried out. */
export function failedAnswer(
  { fault, status, headers, content }: QueuedFailure,
  userId: string | undefined,
  carriedOut: Answer | undefined,
): Answer {
  const { takesMs = 0, onEnd } = carriedOut ?? {};
  if (fault === undefined) {
    const refused = status ?? 500;
    const own = refused < 300 ? undefined : json(errorBody(refused, userId));
    return { status: refused, headers, content: content ?? own, takesMs, onEnd };
  }
  const cut = carriedOut ?? { status: 200, headers: {}, content: json(creditsBody(NO_CREDITS)) };
  const own = status === undefined || status < 300 ? cut.content : json(errorBody(status, userId));
  return {
    status: status ?? cut.status,
    headers: { ...cut.headers, ...headers },
    content: content ?? own,
    takesMs,
    onEnd,
  };
}

/** JSON for faults that cut a body. */
const NO_CREDITS = { totalCredits: 0, totalUsage: 0 };

/** Sends an answer over its duration, and calls `end` before its last byte. */
export async function sendAnswer(response: ServerResponse, answer: Answer, end: () => void): Promise<void> {
  const { status, headers, content, pieces, takesMs } = answer;
  if (pieces !== undefined && takesMs > 0) {
    await sendPieces(response, answer, pieces, end);
    return;
  }
  await waitFor(takesMs);
  // The client may have disconnected.
  if (response.destroyed) return;
  end();
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...standing(content?.type),
    ...headers,
    ...(hasLength ? { 'content-length': content?.bytes.length ?? 0 } : {}),
  });
  response.end(content?.bytes);
}

async function sendPieces(
  response: ServerResponse,
  { status, headers, content, takesMs }: Answer,
  pieces: readonly Buffer[],
  end: () => void,
): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await waitFor(takesMs / (pieces.length - 1));
    if (response.destroyed) return;
    if (index === 0) response.writeHead(status, { ...standing(content?.type), ...headers });
    if (index === pieces.length - 1) end();
    response.write(piece);
  }
  response.end();
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

function eventStream(events: readonly object[]): Buffer[] {
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  const last = lines.pop() ?? '';
  // The API sends such comments to keep a connection open while a provider thinks.
  return [': OPENROUTER PROCESSING\n\n', ...lines, `${last}data: [DONE]\n\n`].map((line) =>
    Buffer.from(line),
  );
}

/** The headers of every response of the API: ids for its support, and those that browsers may read. */
function standing(contentType: string | undefined): Record<string, string> {
  return {
    'request-id': `req-${randomUUID()}`,
    'cf-ray': `${randomBytes(8).toString('hex')}-FRA`,
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'X-Generation-Id, X-Provider-Name, request-id, cf-ray',
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
  };
}
