import { isAscii, isUtf8 } from 'node:buffer';
import type { Readable, Transform } from 'node:stream';
import { constants, createBrotliDecompress, createUnzip } from 'node:zlib';
import { withoutPollution } from '../options/pollution.js';
import { GrowingBuffer } from './growing-buffer.js';
import { isIntricate } from './json-shape.js';

/** Opens a decompressor. For a body that was cut, it does not require the end of the data. */
type OpenUnpacker = (isCut: boolean) => Transform;

const openUnzip: OpenUnpacker = (isCut) =>
  createUnzip({ finishFlush: isCut ? constants.Z_SYNC_FLUSH : constants.Z_FINISH });
const openBrotli: OpenUnpacker = (isCut) =>
  createBrotliDecompress({
    finishFlush: isCut ? constants.BROTLI_OPERATION_FLUSH : constants.BROTLI_OPERATION_FINISH,
  });

const UNPACKERS: ReadonlyMap<string, OpenUnpacker> = new Map([
  ['gzip', openUnzip],
  ['x-gzip', openUnzip],
  ['deflate', openUnzip],
  ['br', openBrotli],
]);

/** How much of a body is read. */
export interface BodyLimit {
  readonly maxBytes: number;
  /** Whether the beginning of a larger body is enough. */
  readonly mayCut: boolean;
}

/** A body as it was sent, or the beginning of it. */
export interface CollectedBody {
  readonly bytes: Buffer;
  readonly isCut: boolean;
}

/** Why a body could not be read. */
export type BodyFaultKind =
  'connection' | 'too-large' | 'encoding' | 'not-utf8' | 'intricate' | 'unsupported';

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
 * Collects a body as it was sent, up to the limit.
 *
 * Adapters of the user may hand over strings, buffers, web streams or generators.
 *
 * @throws {@link BodyFault}
 */
export async function collectBody(data: unknown, limit: BodyLimit): Promise<CollectedBody> {
  if (data === undefined || data === null) {
    return { bytes: Buffer.alloc(0), isCut: false };
  }
  if (typeof data === 'string') {
    // Every character takes at least one byte.
    return withinLimit(Buffer.from(data.slice(0, limit.maxBytes + 1)), limit);
  }
  if (data instanceof Uint8Array) {
    return withinLimit(Buffer.from(data.subarray(0, limit.maxBytes + 1)), limit);
  }
  if (!isByteStream(data)) {
    throw new BodyFault(
      'unsupported',
      'the HTTP adapter gave a body that is neither a string, bytes nor a stream',
    );
  }
  return isNodeStream(data) ? collectNodeStream(data, limit) : collectIterable(data, limit);
}

/** Listens to events, since an iterator costs several promises for each chunk. */
function collectNodeStream(stream: Readable, limit: BodyLimit): Promise<CollectedBody> {
  return new Promise((resolve, reject) => {
    const body = new GrowingBuffer();
    stream.on('data', (chunk: Buffer | string) => {
      if (body.length > limit.maxBytes) {
        return;
      }
      body.append(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      if (body.length > limit.maxBytes) {
        if (limit.mayCut) {
          resolve(withinLimit(body.bytes, limit));
        } else {
          reject(tooLarge(limit.maxBytes));
        }
        stream.destroy();
      }
    });
    stream.on('end', () => resolve({ bytes: body.bytes, isCut: false }));
    stream.on('error', (error) => reject(lost(error)));
    stream.on('close', () => {
      // After an end or an error the promise has settled, and making the error would cost more than all the rest.
      if (!stream.readableEnded && !stream.errored && body.length <= limit.maxBytes) {
        reject(lost());
      }
    });
  });
}

async function collectIterable(data: AsyncIterable<unknown>, limit: BodyLimit): Promise<CollectedBody> {
  const body = new GrowingBuffer();
  try {
    for await (const chunk of data) {
      body.append(Buffer.from(chunk as Uint8Array));
      if (body.length > limit.maxBytes) {
        break;
      }
    }
  } catch (error) {
    throw lost(error);
  }
  return withinLimit(body.bytes, limit);
}

/** Whether an adapter has unpacked the body already. Such adapters leave the `Content-Encoding` header as it was. */
export function isUnpacked(data: unknown): boolean {
  return typeof data === 'string' || (typeof data === 'object' && data !== null && 'getReader' in data);
}

/**
 * Unpacks a body and decodes it as UTF-8.
 *
 * @throws {@link BodyFault}
 */
export async function decodeBody(
  body: CollectedBody,
  encoding: string | undefined,
  limit: BodyLimit,
): Promise<string> {
  const unpacked = await unpack(body, encoding?.trim().toLowerCase() ?? '', limit);
  const bytes = unpacked.isCut ? wholeCharacters(unpacked.bytes) : unpacked.bytes;
  const hasOnlyAscii = isAscii(bytes);
  if (!hasOnlyAscii && !isUtf8(bytes)) {
    throw new BodyFault('not-utf8', 'the body is not UTF-8');
  }
  if (!limit.mayCut && isIntricate(bytes)) {
    throw new BodyFault(
      'intricate',
      'the body has more objects, lists and members, or nests them deeper, than any answer of the API',
    );
  }
  // Latin-1 is decoded ten times as fast.
  return bytes.toString(hasOnlyAscii ? 'latin1' : 'utf8');
}

async function unpack(body: CollectedBody, encoding: string, limit: BodyLimit): Promise<CollectedBody> {
  if (encoding === '' || encoding === 'identity' || body.bytes.length === 0) {
    return body;
  }
  const openUnpacker = UNPACKERS.get(encoding);
  if (openUnpacker === undefined) {
    throw new BodyFault('encoding', 'the body has a Content-Encoding that was not requested');
  }
  const unpacker = withoutPollution(() => openUnpacker(body.isCut));
  const unpacked = collectNodeStream(unpacker, limit);
  unpacker.end(body.bytes);
  try {
    const { bytes, isCut } = await unpacked;
    return { bytes, isCut: isCut || body.isCut };
  } catch (error) {
    if (error instanceof BodyFault && error.kind === 'too-large') {
      throw error;
    }
    throw new BodyFault(
      'encoding',
      'the body does not match its Content-Encoding, or is cut short',
      Reflect.get(Object(error) as object, 'cause'),
    );
  }
}

/** @throws {@link BodyFault} for a larger body whose beginning is not enough. */
function withinLimit(bytes: Buffer, { maxBytes, mayCut }: BodyLimit): CollectedBody {
  if (bytes.length <= maxBytes) {
    return { bytes, isCut: false };
  }
  if (!mayCut) {
    throw tooLarge(maxBytes);
  }
  return { bytes: bytes.subarray(0, maxBytes), isCut: true };
}

const MAX_CHARACTER_BYTES = 4;

/** The bytes without the incomplete character at their end, if a cut has left one. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(MAX_CHARACTER_BYTES, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) {
      break;
    }
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
    }
  }
  return bytes;
}

function lost(cause?: unknown): BodyFault {
  return new BodyFault('connection', 'the connection was lost in the middle of the body', cause);
}

function isNodeStream(value: object): value is Readable {
  // An object-mode stream may yield anything.
  return 'on' in value && Reflect.get(value, 'readableObjectMode') === false;
}

function tooLarge(maxBytes: number): BodyFault {
  return new BodyFault('too-large', `the body is larger than \`maxResponseBytes\` (${maxBytes})`);
}

function isByteStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
