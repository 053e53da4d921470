import { describe, expect, it } from '@jest/globals';
import type { CompletionUsage } from '../../../lib/metering/completion/open-completion.js';
import { EventUsageReader } from '../../../lib/metering/usage/event-usage-reader.js';
import { JsonUsageReader } from '../../../lib/metering/usage/json-usage-reader.js';

const QUESTION = { byok: 'fee', wantsId: false, isError: false } as const;

/** What is heard of an answer, in order: the costs, and `error`. */
function heardOf(read: (listener: ConstructorParameters<typeof EventUsageReader>[1]) => void): unknown[] {
  const heard: unknown[] = [];
  read({
    told: ({ usd }: CompletionUsage) => heard.push(usd),
    erred: () => heard.push('error'),
  });
  return heard;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const failed = { error: { code: 502, message: 'down' }, usage: { cost: 0.25 } };

describe('an answer with an error and a cost at once', () => {
  it('tells the error first, so that the cost is that of a failure: an event', () => {
    const heard = heardOf((listener) => {
      const reader = new EventUsageReader(QUESTION, listener);
      reader.add(bytes(`data: ${JSON.stringify({ choices: [], ...failed })}\n\n`));
      reader.add(bytes(`data: ${JSON.stringify({ type: 'response.failed', response: failed })}\n\n`));
      reader.end();
    });
    expect(heard).toEqual(['error', 0.25, 'error', 0.25]);
  });

  it('tells the error first: an answer of JSON, read in chunks or as a whole', () => {
    const text = JSON.stringify({ id: 'gen-1', ...failed });
    const inChunks = heardOf((listener) => {
      const reader = new JsonUsageReader(QUESTION, listener);
      reader.add(bytes(text));
      reader.end();
    });
    const asWhole = heardOf((listener) => new JsonUsageReader(QUESTION, listener).whole.text(text));
    expect(inChunks).toEqual(['error', 0.25]);
    expect(asWhole).toEqual(['error', 0.25]);
  });
});

describe('an event at the beginning of an answer', () => {
  it.each([
    { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 5, cost: 0 } } },
    { type: 'response.created', response: { id: 'resp_1', usage: { input_tokens: 5, cost: 0 } } },
    { type: 'response.in_progress', response: { id: 'resp_1', usage: { input_tokens: 5, cost: 0 } } },
  ])('states no cost, since the rest of the answer costs more: $type', (event) => {
    const costs = heardOf((listener) => {
      const reader = new EventUsageReader(QUESTION, listener);
      reader.add(bytes(`data: ${JSON.stringify(event)}\n\n`));
      reader.end();
    });
    expect(costs).toEqual([undefined]);
  });
});
