import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/**
 * The kind of key that a request carried: an inference key of the account, its management key, none, or `'unknown'`: any
 * other key, including disabled, expired and deleted ones.
 */
export type SandboxKey = 'api' | 'management' | 'unknown' | 'none';

/** A request that reached the sandbox in full. */
export interface SandboxRequest {
  /** In upper case. */
  readonly method: string;
  /** Path and query as sent, for example `/api/v1/credits?x=1`. */
  readonly path: string;
  /** The kind of key in the `Authorization` header; easier to assert on than the header. */
  readonly key: SandboxKey;
  /** Hash of the inference key in the header; `undefined` for every other kind of key. */
  readonly keyHash: string | undefined;
  /**
   * All headers by lower-case name. `authorization` is not masked, since it belongs to a local account that exists only in
   * this process. Do not send a real key to a sandbox.
   */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The body: parsed if it is JSON, otherwise a string; `undefined` if there was none or it was over 1 MiB. */
  readonly body: unknown;
  /** When its headers arrived. */
  readonly receivedAt: Date;
  /** Whether a failure of {@link OpenRouterSandbox.failNext} answered it. */
  readonly failed: boolean;
}

const MAX_BODY_BYTES = 1_048_576;

/** Marks a body that was too large to keep. */
export const TOO_LARGE: unique symbol = Symbol('body over the limit');

export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Read to the end even beyond the limit: many clients wait for an answer only after their last byte.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > MAX_BODY_BYTES) return TOO_LARGE;
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
