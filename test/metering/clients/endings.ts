import type { CompletionCost } from '../../../lib/contracts/completion-cost.js';
import type { SandboxCompletion } from '../../../lib/testing/index.js';
import type { MeteredClient, Wiring } from './metered-clients.js';
import type { TapRule } from './tap.js';

type ExpectedCost = Pick<CompletionCost, 'isStream' | 'outcome' | 'source'>;

/** One way in which a completion ends. */
export interface Ending {
  readonly name: string;
  /** What becomes of it at the server. */
  readonly decision: SandboxCompletion;
  readonly rule?: TapRule;
  readonly maxRetries?: number;
  /** What the application does with the client, and what it gets. */
  run(client: MeteredClient, wiring: Omit<Wiring, 'signal'>): Promise<unknown>;
  /** One for each completion that was billed, in the order of the requests. */
  costs(client: MeteredClient): readonly ExpectedCost[];
  /** Whether the client leaves in the middle: how much has been sent to it by then is chance. */
  readonly isLeft?: boolean;
}

/**
 * So slow that the client has left long before the end. `ai` reads on after a loop is left, but no more than 16 chunks: a
 * longer stream stays open until it is collected as garbage.
 */
const SLOW: SandboxCompletion = { usd: 0.000_123_457, chunks: 12, chunkDelayMs: 20 };

const COMPLETE = { outcome: 'complete', source: 'answer' } as const;

async function firstPartsOf(stream: AsyncIterable<unknown>, leave: 'break' | (() => void)): Promise<unknown> {
  const parts: unknown[] = [];
  let hasLeft = false;
  for await (const part of stream) {
    if (!hasLeft) parts.push(part);
    if (parts.length < 2 || hasLeft) continue;
    hasLeft = true;
    if (leave === 'break') break;
    leave();
  }
  return parts;
}

async function partsOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

export const ENDINGS: readonly Ending[] = [
  {
    name: 'JSON',
    decision: { usd: 0.000_000_003 },
    run: (client, wiring) => client.complete(wiring),
    costs: () => [{ ...COMPLETE, isStream: false }],
  },
  {
    name: 'JSON without a cost',
    decision: { usd: 0.1, usage: 'missing' },
    run: (client, wiring) => client.complete(wiring),
    costs: () => [{ isStream: false, outcome: 'complete', source: 'generation' }],
  },
  {
    name: 'a stream that is read to the end',
    decision: { usd: 0.2 },
    run: async (client, wiring) => partsOf(await client.stream(wiring)),
    costs: ({ streamSource }) => [{ outcome: 'complete', source: streamSource, isStream: true }],
  },
  {
    name: 'a stream whose loop is left',
    decision: SLOW,
    isLeft: true,
    run: async (client, wiring) => firstPartsOf(await client.stream(wiring), 'break'),
    costs: ({ onBreak }) =>
      onBreak === 'cancels'
        ? [{ isStream: true, outcome: 'aborted', source: 'generation' }]
        : [{ ...COMPLETE, isStream: true }],
  },
  {
    name: 'a stream that is aborted',
    decision: SLOW,
    isLeft: true,
    run: async (client, wiring) => {
      const controller = new AbortController();
      const stream = await client.stream({ ...wiring, signal: controller.signal });
      return firstPartsOf(stream, () => controller.abort());
    },
    costs: () => [{ isStream: true, outcome: 'aborted', source: 'generation' }],
  },
  {
    name: 'a stream whose connection is cut',
    decision: { usd: 0.3, cutAfter: 2 },
    run: async (client, wiring) => partsOf(await client.stream(wiring)),
    costs: () => [{ isStream: true, outcome: 'failed', source: 'generation' }],
  },
  {
    name: 'JSON whose connection is cut',
    decision: { usd: 0.4, cutAfter: 2 },
    run: (client, wiring) => client.complete(wiring),
    costs: () => [{ isStream: false, outcome: 'failed', source: 'generation' }],
  },
  {
    name: 'an error in mid-stream',
    decision: { usd: 0.5, failAfter: 2 },
    run: async (client, wiring) => partsOf(await client.stream(wiring)),
    costs: () => [{ isStream: true, outcome: 'failed', source: 'generation' }],
  },
  {
    name: 'a 429, then success',
    decision: { usd: 0.6 },
    rule: { status: 429, isCarriedOut: false },
    maxRetries: 1,
    run: (client, wiring) => client.complete(wiring),
    costs: () => [{ ...COMPLETE, isStream: false }],
  },
  {
    name: 'a 502 that was billed, then success',
    decision: { usd: 0.7, usage: 'missing' },
    rule: { status: 502, isCarriedOut: true },
    maxRetries: 1,
    run: (client, wiring) => client.complete(wiring),
    costs: () => [
      { isStream: false, outcome: 'failed', source: 'generation' },
      { isStream: false, outcome: 'complete', source: 'generation' },
    ],
  },
];
