import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { creditsBody } from './routes/credits.routes.js';
import { errorBodyOf } from './routes/error-bodies.js';
import type { CompletionRun } from './completions/completion-run.js';
import type { SandboxReply, StreamPiece } from './routes/route.js';
import { pauseOf, writeChunk } from './sandbox-wait.js';
import type { Content, Headers, QueuedFailure, SandboxFault } from './sandbox-faults.js';

/** A response to send, whole or broken. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `undefined` for an empty body without a type; a stream has `stream`. */
  readonly content?: Content | undefined;
  readonly stream?: Iterable<StreamPiece> | undefined;
  /** Milliseconds from the first to the last byte. A stream takes its time by itself. */
  readonly takesMs: number;
  /** Whether the connection is cut: in the middle of `content`, or after the last piece of `stream`. */
  readonly isCut?: boolean | undefined;
  /** The completion that is answered. */
  readonly run?: CompletionRun | undefined;
}

/** @param userId - The caller's, which error bodies contain. */
export function answerOf(path: string, reply: SandboxReply, userId: string | undefined): Answer {
  if ('refused' in reply) {
    const content = json(errorBodyOf(path, reply.refused, userId, reply));
    return { status: reply.refused, headers: reply.headers ?? {}, content, takesMs: 0 };
  }
  const { json: body, headers = {}, takesMs = 0, ...rest } = reply;
  return { ...rest, headers, takesMs, content: body && json(body) };
}

/** The response of a failure. `carriedOut` is the answer that it replaces if the request was carried out. */
export function failedAnswer(
  path: string,
  { fault, status, headers, content }: QueuedFailure,
  userId: string | undefined,
  carriedOut: Answer | undefined,
): Answer {
  const { takesMs = 0, run } = carriedOut ?? {};
  if (fault === undefined) {
    const refused = status ?? 500;
    const own = refused < 300 ? undefined : json(errorBodyOf(path, refused, userId));
    return { status: refused, headers, content: content ?? own, takesMs, run };
  }
  const cut = carriedOut ?? { status: 200, headers: {}, content: json(creditsBody(NO_CREDITS)) };
  const own =
    status === undefined || status < 300 ? wholeContent(cut) : json(errorBodyOf(path, status, userId));
  return {
    status: status ?? cut.status,
    headers: { ...cut.headers, ...headers },
    content: content ?? own,
    takesMs,
    run,
  };
}

/** JSON for faults that cut a body. */
const NO_CREDITS = { totalCredits: 0, totalUsage: 0 };

const EVENT_STREAM = 'text/event-stream';

function wholeContent({ content, stream }: Pick<Answer, 'content' | 'stream'>): Content | undefined {
  if (stream === undefined) return content;
  const text = Array.from(stream, (piece) => piece.text).join('');
  return { type: EVENT_STREAM, bytes: Buffer.from(text) };
}

/** Sends an answer over its duration, and ends its completion before the last byte. */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers, content, stream, takesMs, isCut = false, run } = answer;
  if (stream !== undefined) {
    await sendStream(response, answer, stream);
    return;
  }
  await pauseOf(response, takesMs);
  // The client may have disconnected.
  if (response.destroyed) return;
  run?.end();
  const hasLength = status !== 204 && status !== 304;
  response.writeHead(status, {
    ...standing(content?.type),
    ...headers,
    ...(hasLength ? { 'content-length': content?.bytes.length ?? 0 } : {}),
  });
  if (isCut && content !== undefined) {
    response.write(content.bytes.subarray(0, content.bytes.length / 2), () => response.destroy());
  } else {
    response.end(content?.bytes);
  }
}

async function sendStream(
  response: ServerResponse,
  { status, headers, isCut = false, run }: Answer,
  stream: Iterable<StreamPiece>,
): Promise<void> {
  for (const { text, pauseMs = 0, kind } of stream) {
    await pauseOf(response, pauseMs);
    if (response.destroyed) return;
    if (!response.headersSent) response.writeHead(status, { ...standing(EVENT_STREAM), ...headers });
    if (kind === 'chunk') run?.chunkSent();
    if (kind === 'end') run?.end();
    await writeChunk(response, text);
  }
  if (!isCut) {
    response.end();
    return;
  }
  run?.leave();
  response.destroy();
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
