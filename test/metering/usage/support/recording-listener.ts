import type { CompletionUsage } from '../../../../lib/metering/completion/open-completion.js';
import { EventUsageReader } from '../../../../lib/metering/usage/event-usage-reader.js';
import { JsonUsageReader } from '../../../../lib/metering/usage/json-usage-reader.js';
import type { UsageQuestion, UsageReader } from '../../../../lib/metering/usage/usage-reader.js';

/** Everything that a reader has said. */
export interface Said {
  readonly told: CompletionUsage[];
  readonly erred: unknown[];
}

/** Feeds chunks to a reader and returns what it has said; `before` is what it had said when the chunks were over. */
export function readChunks(
  kind: 'events' | 'json',
  chunks: Iterable<Uint8Array>,
  question: Partial<UsageQuestion> = {},
): Said & { readonly before: number } {
  const told: CompletionUsage[] = [];
  const erred: unknown[] = [];
  const Reader = kind === 'events' ? EventUsageReader : JsonUsageReader;
  const reader: UsageReader = new Reader(
    { byok: 'fee', wantsId: false, isError: false, ...question },
    { told: (usage) => told.push(usage), erred: (error) => erred.push(error) },
  );
  for (const chunk of chunks) {
    const copy = chunk.slice();
    reader.add(copy);
    // The client may do with a chunk what it likes.
    copy.fill(0);
  }
  const before = told.length;
  reader.end();
  return { told, erred, before };
}

/** Divides bytes at positions; those that lie outside count modulo the length. */
export function divide(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
