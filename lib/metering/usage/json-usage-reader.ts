import { tryParseJson } from '../../untrusted/json.js';
import { KeptBytes } from './kept-bytes.js';
import { statedError, statedUsage } from './stated-usage.js';
import type { UsageListener, UsageQuestion, UsageReader } from './usage-reader.js';

/** A longer answer is not parsed as a whole. */
export const MAX_JSON_BYTES = 1_048_576;

/** Reads an answer of JSON. */
export class JsonUsageReader implements UsageReader {
  readonly #question: UsageQuestion;
  readonly #listener: UsageListener;
  readonly #kept = new KeptBytes(MAX_JSON_BYTES);
  #isTooLong = false;

  constructor(question: UsageQuestion, listener: UsageListener) {
    this.#question = question;
    this.#listener = listener;
  }

  add(chunk: Uint8Array): void {
    if (!this.#isTooLong && !this.#kept.add(chunk)) {
      this.#isTooLong = true;
      this.#kept.clear();
    }
  }

  end(): void {
    if (this.#kept.length === 0) {
      return;
    }
    const value = tryParseJson(new TextDecoder().decode(this.#kept.bytes));
    this.#kept.clear();
    if (value === undefined) {
      return;
    }
    const usage = statedUsage(value, this.#question.byok);
    if (usage !== undefined) {
      this.#listener.told(usage);
    }
    const error = this.#question.isError ? value : statedError(value);
    if (error !== undefined) {
      this.#listener.erred(error);
    }
  }
}
