import { tryParseJson } from '../../untrusted/json.js';
import { KeptBytes, LastBytes } from './kept-bytes.js';
import { statedError, statedUsage } from './stated-usage.js';
import { membersFromUsage } from './tail-usage.js';
import type { UsageListener, UsageQuestion, UsageReader, WholeReader } from './usage-reader.js';

/** A longer answer is not parsed as a whole. */
const MAX_BYTES = 1_048_576;
/** The end of a longer answer, in which its usage is looked for. */
const END_BYTES = 65_536;

/** Reads an answer of JSON. */
export class JsonUsageReader implements UsageReader {
  readonly whole: WholeReader = {
    text: (text) => {
      if (typeof text === 'string') {
        this.#tell(text.length > MAX_BYTES ? membersFromUsage(text.slice(-END_BYTES)) : tryParseJson(text));
      }
    },
    json: (value) => this.#tell(value),
  };

  readonly #question: UsageQuestion;
  readonly #listener: UsageListener;
  readonly #kept = new KeptBytes(MAX_BYTES);
  /** Of an answer that is too long to be kept. */
  #end: LastBytes | undefined;

  constructor(question: UsageQuestion, listener: UsageListener) {
    this.#question = question;
    this.#listener = listener;
  }

  add(chunk: Uint8Array): void {
    if (this.#end !== undefined) {
      this.#end.add(chunk);
    } else if (!this.#kept.add(chunk)) {
      this.#end = new LastBytes(END_BYTES);
      this.#end.add(this.#kept.bytes);
      this.#end.add(chunk);
      this.#kept.clear();
    }
  }

  end(): void {
    if (this.#end !== undefined) {
      this.#tell(membersFromUsage(new TextDecoder().decode(this.#end.bytes)));
    } else if (this.#kept.length > 0) {
      this.#tell(tryParseJson(new TextDecoder().decode(this.#kept.bytes)));
    }
    this.#end = undefined;
    this.#kept.clear();
  }

  #tell(value: unknown): void {
    const error = this.#question.isError ? value : statedError(value);
    if (error !== undefined) {
      this.#listener.erred(error);
    }
    const usage = statedUsage(value, this.#question.byok);
    if (usage !== undefined) {
      this.#listener.told(usage);
    }
  }
}
