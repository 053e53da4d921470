import type { ServerResponse } from 'node:http';

/** The part that Express' response and Fastify's reply have in common. */
interface FrameworkResponse {
  status(code: number): unknown;
  header(name: string, value: string): unknown;
  send(body?: string): unknown;
}

type ExpressResponse = ServerResponse & FrameworkResponse;
type FastifyReply = FrameworkResponse & { readonly raw: ServerResponse; readonly sent: boolean };

/** The response object that Nest passes on. Under Fastify, middleware gets Node's own. */
export type HttpResponse = ExpressResponse | FastifyReply | ServerResponse;

/** One answer. */
export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Sends an answer if that is still possible, and never throws. */
export function sendReply(response: HttpResponse, reply: HttpReply): void {
  const raw = 'raw' in response ? response.raw : response;
  if (raw.destroyed) return;
  if (raw.headersSent || !isFramework(response)) {
    writeRaw(raw, reply);
    return;
  }
  try {
    // Through the framework, so that its hooks run and its headers (CORS) are kept.
    response.status(reply.status);
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.header(name, value);
    response.send(reply.body);
  } catch {
    writeRaw(raw, reply);
  }
}

function isFramework(response: HttpResponse): response is ExpressResponse | FastifyReply {
  // A reply marked as sent before its headers are out was hijacked: Fastify sends nothing for it.
  return 'send' in response && !('sent' in response && response.sent);
}

function writeRaw(raw: ServerResponse, { status, headers = {}, body }: HttpReply): void {
  if (raw.headersSent) {
    raw.end();
    return;
  }
  raw.statusCode = status;
  for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value);
  raw.end(body);
}
