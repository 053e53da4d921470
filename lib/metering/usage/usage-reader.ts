import type { CompletionUsage } from '../completion/open-completion.js';
import type { ByokCost } from './stated-usage.js';

/** Gets what an answer states, when it has passed; an error before the usage that stands beside it. */
export interface UsageListener {
  told(usage: CompletionUsage): void;
  erred(error: unknown): void;
}

/** What is to be read from an answer. */
export interface UsageQuestion {
  readonly byok: ByokCost;
  /** Whether the id of the generation is not known from the headers. */
  readonly wantsId: boolean;
  /** Whether the answer as a whole is an error. */
  readonly isError: boolean;
}

/** Reads an answer that the client has got as a whole. */
export interface WholeReader {
  text(text: unknown): void;
  /** @param value - What the client has parsed. */
  json(value: unknown): void;
}

/** Reads the cost out of the bytes of an answer as they pass, in chunks of any size. */
export interface UsageReader {
  /** Absent where parts of the answer tell something before its end. */
  readonly whole?: WholeReader;
  add(chunk: Uint8Array): void;
  /** No byte follows. */
  end(): void;
}

const ignore = (): void => undefined;

/** Reads nothing: bytes of audio, or an answer that is neither JSON nor a stream of events. */
export const NOTHING_TO_READ: UsageReader = {
  whole: { text: ignore, json: ignore },
  add: ignore,
  end: ignore,
};
