import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, unzip } from 'node:zlib';

const unpackBrotli = promisify(brotliDecompress);
const unpackZip = promisify(unzip);

const UNPACKERS: ReadonlyMap<string, typeof unpackZip> = new Map([
  ['gzip', unpackZip],
  ['x-gzip', unpackZip],
  ['deflate', unpackZip],
  ['br', unpackBrotli],
]);

/** Why a body could not be read. */
export type BodyFaultKind = 'connection' | 'too-large' | 'encoding' | 'not-utf8' | 'unsupported';

/** A body could not be read. */
export class BodyFault extends Error {
  constructor(
    readonly kind: BodyFaultKind,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Collects a body as it was sent, and never more of it than `maxBytes`.
 *
 * Adapters other than axios' own hand over texts, buffers or web streams.
 *
 * @throws {@link BodyFault}
 */
export async function collectBody(data: unknown, maxBytes: number): Promise<Buffer> {
  if (data === undefined || data === null) {
    return Buffer.alloc(0);
  }
  if (typeof data === 'string' || data instanceof Uint8Array) {
    return withinLimit(Buffer.from(data as string), maxBytes);
  }
  if (!isByteStream(data)) {
    throw new BodyFault(
      'unsupported',
      'the HTTP adapter gave a body that is neither a text, bytes nor a stream',
    );
  }
  return isNodeStream(data) ? collectNodeStream(data, maxBytes) : collectIterable(data, maxBytes);
}

/** By events: an iterator costs several promises for each chunk. */
function collectNodeStream(stream: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer | string) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxBytes) {
        reject(tooLarge(maxBytes));
        stream.destroy();
      }
    });
    stream.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)),
    );
    stream.on('error', (error) => reject(lost(error)));
    stream.on('close', () => {
      // After an end or an error nobody would hear it, and an error costs more than all the rest.
      if (!stream.readableEnded && !stream.errored) {
        reject(lost());
      }
    });
  });
}

async function collectIterable(data: AsyncIterable<unknown>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of data) {
      const bytes = Buffer.from(chunk as Uint8Array);
      size += bytes.length;
      if (size > maxBytes) {
        break;
      }
      chunks.push(bytes);
    }
  } catch (error) {
    throw lost(error);
  }
  if (size > maxBytes) {
    throw tooLarge(maxBytes);
  }
  return Buffer.concat(chunks, size);
}

/** Whether a body has been unpacked by whoever handed it over, who leaves its `Content-Encoding` standing. */
export function isUnpacked(data: unknown): boolean {
  return typeof data === 'string' || (typeof data === 'object' && data !== null && 'getReader' in data);
}

/**
 * Unpacks a body and decodes its text.
 *
 * @throws {@link BodyFault}
 */
export async function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<string> {
  const bytes = await unpack(body, encoding?.trim().toLowerCase() ?? '', maxBytes);
  if (!isUtf8(bytes)) {
    throw new BodyFault('not-utf8', 'the body is not UTF-8 text');
  }
  return bytes.toString('utf8');
}

async function unpack(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity' || body.length === 0) {
    return body;
  }
  const unpacker = UNPACKERS.get(encoding);
  if (unpacker === undefined) {
    throw new BodyFault('encoding', 'the body has a Content-Encoding that was not asked for');
  }
  try {
    return await unpacker(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (Reflect.get(error as object, 'code') === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(maxBytes);
    }
    throw new BodyFault('encoding', 'the body is not what its Content-Encoding says, or is cut short', error);
  }
}

function withinLimit(body: Buffer, maxBytes: number): Buffer {
  if (body.length > maxBytes) {
    throw tooLarge(maxBytes);
  }
  return body;
}

function lost(cause?: unknown): BodyFault {
  return new BodyFault('connection', 'the connection was lost in the middle of the body', cause);
}

function isNodeStream(value: object): value is Readable {
  // One of objects may hold anything.
  return 'on' in value && Reflect.get(value, 'readableObjectMode') === false;
}

function tooLarge(maxBytes: number): BodyFault {
  return new BodyFault('too-large', `the body is larger than \`maxResponseBytes\` (${maxBytes})`);
}

function isByteStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
