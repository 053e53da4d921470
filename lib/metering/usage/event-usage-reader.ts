import { createParser } from 'eventsource-parser';
import { tryParseJson } from '../../untrusted/json.js';
import { EventSplitter } from './event-splitter.js';
import { statedError, statedUsage } from './stated-usage.js';
import { mayStateUsage } from './usage-marks.js';
import type { UsageListener, UsageQuestion, UsageReader } from './usage-reader.js';

const LF = 0x0a;

/**
 * Reads a stream of server-sent events. Decodes and parses only the events that may state a usage or an error, and the
 * first one if the id of the generation is not known yet.
 */
export class EventUsageReader implements UsageReader {
  readonly #question: UsageQuestion;
  readonly #listener: UsageListener;
  readonly #splitter = new EventSplitter((event) => this.#read(event));
  #wantsId: boolean;

  constructor(question: UsageQuestion, listener: UsageListener) {
    this.#question = question;
    this.#listener = listener;
    this.#wantsId = question.wantsId;
  }

  add(chunk: Uint8Array): void {
    const splitter = this.#splitter;
    const start = splitter.isBetweenEvents ? 0 : splitter.addOne(chunk);
    const rest = start === 0 ? chunk : chunk.subarray(start);
    const canSkip = splitter.isBetweenEvents && !this.#wantsId && !mayStateUsage(rest);
    const end = canSkip ? endOfEvents(rest) : 0;
    if (end < rest.length) {
      splitter.add(end === 0 ? rest : rest.subarray(end));
    }
  }

  end(): void {
    this.#splitter.end();
  }

  #read(event: Uint8Array): void {
    if (!this.#wantsId && !mayStateUsage(event)) {
      return;
    }
    createParser({ onEvent: ({ data }) => this.#tell(data) }).feed(`${new TextDecoder().decode(event)}\n\n`);
  }

  #tell(data: string): void {
    this.#wantsId = false;
    const value = tryParseJson(data);
    const error = statedError(value);
    if (error !== undefined) {
      this.#listener.erred(error);
    }
    const usage = statedUsage(value, this.#question.byok);
    if (usage !== undefined) {
      this.#listener.told(usage);
    }
  }
}

/** The end of the last event that ends with two LF. Most chunks are whole events, and need not be divided. */
function endOfEvents(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 1 && (bytes[end - 1] !== LF || bytes[end - 2] !== LF)) {
    end -= 1;
  }
  return end > 1 ? end : 0;
}
