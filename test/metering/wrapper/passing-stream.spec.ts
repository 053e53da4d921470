import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../support/failures.js';
import { meteredFetch, post } from './support/metered.js';
import { RecordingDesk } from './support/recording-desk.js';

const URL = 'http://127.0.0.1:1/chat/completions';
const PARTS = ['a', 'b', '"usage"', 'c'].map((text) => `data: ${text}\n\n`);
const COST = `data: ${JSON.stringify({ choices: [], usage: { cost: 0.5 } })}\n\n`;

/** What happens below: an answer whose chunks come one by one when they are asked for, and what it hears of. */
function answerBelow({ failure }: { failure?: Error } = {}): { answer: Response; cancelled: unknown[] } {
  const parts = [...PARTS, COST];
  const cancelled: unknown[] = [];
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve));
        const part = parts.shift();
        if (cancelled.length > 0) return;
        if (part !== undefined) controller.enqueue(new TextEncoder().encode(part));
        else if (failure === undefined) controller.close();
        else controller.error(failure);
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  return { answer: new Response(body, { headers: { 'content-type': 'text/event-stream' } }), cancelled };
}

const text = (chunk: unknown): unknown =>
  chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : chunk;
const told = async (reading: Promise<{ done?: boolean; value?: unknown }>): Promise<unknown> => {
  const { done, value } = await reading;
  return [done, text(value)];
};
const failed = async (promise: Promise<unknown>): Promise<unknown> => {
  const { name, message } = await failureOf(promise);
  return { name, message };
};
const thrown = (run: () => unknown): Promise<unknown> => failed(Promise.resolve().then(run));
const all = async (chunks: AsyncIterable<unknown>): Promise<unknown[]> => {
  const read: unknown[] = [];
  for await (const chunk of chunks) read.push(text(chunk));
  return read;
};
const readAll = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<unknown[]> => {
  const read: unknown[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) read.push(text(next.value));
  return read;
};
const body = (answer: Response): ReadableStream<Uint8Array> => answer.body as ReadableStream<Uint8Array>;

type Use = (answer: Response) => unknown;

/** What a client may do, and what is to become of the completion. */
const USES: [string, 'complete' | 'aborted' | 'open', Use][] = [
  [
    'read to the end, and after it',
    'complete',
    async (answer) => {
      const reader = body(answer).getReader();
      const chunks = await readAll(reader);
      await reader.closed;
      return [chunks, await told(reader.read()), body(answer).locked, answer.bodyUsed];
    },
  ],
  [
    'several reads at once',
    'complete',
    async (answer) => {
      const reader = body(answer).getReader();
      return Promise.all(Array.from({ length: 7 }, () => told(reader.read())));
    },
  ],
  [
    'a reader after another',
    'complete',
    async (answer) => {
      const first = body(answer).getReader();
      const chunks = [await told(first.read()), await told(first.read())];
      first.releaseLock();
      const released = [await failed(first.read()), await failed(first.closed), body(answer).locked];
      const second = body(answer).getReader();
      first.releaseLock();
      return [chunks, released, await readAll(second)];
    },
  ],
  ...[0, 1, 2].map((reads): [string, 'complete', Use] => [
    `a reader that is released while a read is pending, after ${reads}`,
    'complete',
    async (answer) => {
      const first = body(answer).getReader();
      const chunks = [];
      for (let read = 0; read < reads; read += 1) chunks.push(await told(first.read()));
      const pending = failed(first.read());
      first.releaseLock();
      return [chunks, ((await pending) as Error).name, await all(body(answer))];
    },
  ]),
  [
    'a reader that reads nothing',
    'complete',
    async (answer) => {
      body(answer).getReader().releaseLock();
      return [answer.bodyUsed, await answer.text()];
    },
  ],
  [
    'two readers at once',
    'open',
    async (answer) => {
      body(answer).getReader();
      return [
        await thrown(() => body(answer).getReader()),
        await thrown(() => body(answer).tee()),
        await thrown(() => body(answer).values()),
        await failed(body(answer).cancel()),
        await thrown(() => new Response(body(answer))),
      ];
    },
  ],
  [
    'iteration to the end',
    'complete',
    async (answer) => [await all(body(answer)), body(answer).locked, answer.bodyUsed],
  ],
  [
    'iteration that is left',
    'aborted',
    async (answer) => {
      const chunks = [];
      for await (const chunk of body(answer)) {
        chunks.push(text(chunk));
        if (chunks.length === 2) break;
      }
      return [chunks, body(answer).locked, await told(body(answer).getReader().read())];
    },
  ],
  [
    'iteration that is left without a cancellation, and goes on',
    'complete',
    async (answer) => {
      const chunks: unknown[] = [];
      for await (const chunk of body(answer).values({ preventCancel: true })) {
        chunks.push(text(chunk), body(answer).locked);
        break;
      }
      return [chunks, await all(body(answer))];
    },
  ],
  [
    'an iterator by hand',
    'aborted',
    async (answer) => {
      const iterator = body(answer)[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array>;
      const chunks = [told(iterator.next()), told(iterator.next())];
      const left = iterator.return!('enough');
      return [
        iterator[Symbol.asyncIterator]() === iterator,
        await Promise.all(chunks),
        await left,
        await iterator.next(),
        await iterator.return!('again'),
        body(answer).locked,
      ];
    },
  ],
  [
    'a cancellation with a reason',
    'aborted',
    async (answer) => {
      const reader = body(answer).getReader();
      await reader.read();
      await reader.read();
      const pending = told(reader.read());
      await reader.cancel('done');
      await reader.closed;
      return [await pending, await told(reader.read())];
    },
  ],
  ['a cancellation of the stream', 'aborted', (answer) => body(answer).cancel('unwanted')],
  [
    'tee',
    'complete',
    (answer) =>
      Promise.all(
        body(answer)
          .tee()
          .map((branch) => all(branch)),
      ),
  ],
  ['pipeThrough', 'complete', (answer) => all(body(answer).pipeThrough(new TextDecoderStream()))],
  [
    'pipeTo after a read',
    'complete',
    async (answer) => {
      const chunks: unknown[] = [];
      const reader = body(answer).getReader();
      chunks.push(await told(reader.read()), await told(reader.read()));
      reader.releaseLock();
      await body(answer).pipeTo(new WritableStream({ write: (chunk) => void chunks.push(text(chunk)) }));
      return chunks;
    },
  ],
  [
    'a stream of Node',
    'complete',
    (answer) => all(Readable.fromWeb(body(answer) as Parameters<typeof Readable.fromWeb>[0])),
  ],
  ['another answer', 'complete', (answer) => new Response(body(answer)).text()],
  ['another answer, cloned', 'complete', (answer) => new Response(body(answer)).clone().text()],
  [
    'what is refused once a part was read',
    'open',
    async (answer) => {
      const reader = body(answer).getReader();
      await reader.read();
      reader.releaseLock();
      return [
        answer.bodyUsed,
        await failed(answer.text()),
        await failed(answer.arrayBuffer()),
        await thrown(() => answer.clone()),
        await thrown(() => new Response(body(answer))),
      ];
    },
  ],
  [
    'what is refused while a reader has it',
    'open',
    async (answer) => {
      body(answer).getReader();
      return [answer.bodyUsed, await failed(answer.text()), await thrown(() => answer.clone())];
    },
  ],
  [
    'a clone of which one is read after the other',
    'complete',
    async (answer) => {
      const clone = answer.clone();
      return [await clone.text(), answer.bodyUsed, await all(body(answer)), answer.bodyUsed];
    },
  ],
  ['one body', 'open', (answer) => [answer.body === answer.body, body(answer) instanceof ReadableStream]],
];

const metered = (answer: Response, desk: RecordingDesk): Promise<Response> =>
  meteredFetch({ baseUrl: 'http://127.0.0.1:1' }, desk, { innerFetch: () => () => Promise.resolve(answer) })(
    URL,
    post(),
  );

describe('the body of a metered answer is used as that of fetch:', () => {
  it.each(USES)('%s', async (_name, outcome, use) => {
    const plain = answerBelow();
    const observed = answerBelow();
    const desk = new RecordingDesk();

    const expected = await use(plain.answer);
    const actual = await use(await metered(observed.answer, desk));

    expect(actual).toEqual(expected);
    expect(observed.cancelled).toEqual(plain.cancelled);
    expect(desk.only.outcome).toBe(outcome === 'open' ? undefined : outcome);
    expect(desk.only.told).toHaveLength(outcome === 'complete' ? 1 : 0);
  });

  it.each([
    ['a reader', (answer: Response) => readAll(body(answer).getReader())],
    ['iteration', (answer: Response) => all(body(answer))],
    ['tee', (answer: Response) => all(body(answer).tee()[0])],
    ['text', (answer: Response) => answer.text()],
  ])('%s of one that breaks off', async (_name, use) => {
    const failure = new TypeError('terminated');
    const desk = new RecordingDesk();
    const answer = await metered(answerBelow({ failure }).answer, desk);

    expect(await failureOf(use(answer) as Promise<unknown>)).toBe(failure);
    expect(desk.only).toMatchObject({ outcome: 'failed', told: [{ usd: 0.5 }] });
  });

  it('iteration of one that breaks off releases it', async () => {
    const answer = await metered(answerBelow({ failure: new Error('x') }).answer, new RecordingDesk());
    await failureOf(all(body(answer)));
    expect(body(answer).locked).toBe(false);
  });

  it('the chunks of fetch itself, each as soon as fetch has it', async () => {
    const given = [1, 2, 3].map((byte) => Uint8Array.of(byte));
    const queue = [...given];
    const inner = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const next = queue.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
    });
    const answer = await metered(new Response(inner), new RecordingDesk());
    const chunks: Uint8Array[] = [];
    for await (const chunk of body(answer)) chunks.push(chunk);
    for (const [index, chunk] of chunks.entries()) expect(chunk).toBe(given[index]);
    expect(chunks).toHaveLength(3);
  });
});
