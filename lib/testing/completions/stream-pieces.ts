import type { StreamPiece } from '../routes/route.js';
import type { CompletionPlan } from './plan.js';

/** The events of a stream, as the API in question writes them; each is a whole event, or several. */
export interface StreamEvents {
  readonly opening: readonly string[];
  chunk(index: number): string;
  /** The events after the last chunk: of an error, or of the usage. */
  readonly closing: readonly string[];
}

// The API sends such comments to keep a connection open while a provider thinks.
const COMMENT = ': OPENROUTER PROCESSING\n\n';

export function* piecesOf(plan: CompletionPlan, events: StreamEvents): Iterable<StreamPiece> {
  yield { text: COMMENT };
  for (const text of events.opening) yield { text };
  for (let index = 0; index < plan.produced; index += 1) {
    const pauseMs = plan.pausesMs[index === 0 ? 0 : 1];
    yield { text: events.chunk(index), pauseMs, kind: 'chunk' };
  }
  if (plan.ending === 'cut') return;
  for (const text of events.closing) yield { text, kind: 'end' };
}

/** An event of a stream. `name` only where the API names its events. */
export function eventOf(data: object | string, name?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`;
}
