import type { HeaderReader } from '../errors/parsing/header-reader.js';
import type { WireAnswer } from './attempt.js';
import { isSuccess } from './delivery.js';
import { BodyFault, type BodyLimit, collectBody, decodeBody, isUnpacked } from './response-body.js';

/** How many bytes of an error answer are read, both as sent and as unpacked. */
const MAX_ERROR_BYTES = 65_536;

/**
 * Reads an answer. Listens to the body before it returns, since the connection may fail before the next turn
 * of the event loop.
 *
 * @param end - Ends the connection if the body is not read to its end.
 */
export async function readWireAnswer(
  status: number,
  header: HeaderReader,
  data: unknown,
  maxBytes: number,
  end: () => void,
): Promise<WireAnswer> {
  try {
    if (Number(header('content-length')) > maxBytes) {
      end();
      throw new BodyFault('too-large', `the body is larger than \`maxResponseBytes\` (${maxBytes})`);
    }
    const limit = limitOf(status, maxBytes);
    const collected = await collectBody(data, limit);
    if (collected.isCut) {
      end();
    }
    const encoding = isUnpacked(data) ? undefined : header('content-encoding');
    return { status, header, body: await decodeBody(collected, encoding, limit), fault: undefined };
  } catch (error) {
    if (error instanceof BodyFault) {
      return { status, header, body: undefined, fault: error };
    }
    throw error;
  }
}

/** The beginning of an error answer is enough. */
function limitOf(status: number, maxBytes: number): BodyLimit {
  return isSuccess(status)
    ? { maxBytes, mayCut: false }
    : { maxBytes: Math.min(maxBytes, MAX_ERROR_BYTES), mayCut: true };
}
