import { MAX_READ_LENGTH } from '../../untrusted/bounded-text.js';

const MAX_EVENTS = 64;
/** How a stream of server-sent events begins: a comment or a field. */
const BEGINS = /^\uFEFF?\s{0,64}(?::|(?:data|event|id|retry):)/;

/** The data of the last events of a stream, the last first: an error ends a stream. */
export function eventsFromEnd(text: string): string[] {
  return BEGINS.test(text)
    ? text
        .slice(-MAX_READ_LENGTH)
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).trim())
        .slice(-MAX_EVENTS)
        .toReversed()
    : [];
}
