import { afterEach, describe, expect, it } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import { GenerationLookups, type LookedUp } from '../../../lib/metering/completion/generation-lookups.js';
import { clientOf, cleanUp, sendError, sendJson, startServer } from '../../support/servers.js';
import { until } from '../../support/waiting.js';
import { generationBody } from './support.js';

afterEach(cleanUp);

interface Subject extends LookedUp {
  readonly generationId: string;
}

const subject = (generationId: string, endedAt = performance.now()): Subject => ({ generationId, endedAt });

interface Asked {
  readonly id: string;
  readonly at: number;
  readonly answer: (cost?: number) => void;
}

/** Look-ups of generations that a test answers itself. */
function openLookups(
  delaysMs: readonly number[],
  maxWaiting?: number,
): {
  readonly lookups: GenerationLookups<Subject>;
  readonly asked: Asked[];
  readonly found: string[];
  readonly givenUp: string[];
  readonly overflows: number[];
} {
  const asked: Asked[] = [];
  const found: string[] = [];
  const givenUp: string[] = [];
  const overflows: number[] = [];
  const lookups = new GenerationLookups<Subject>({
    generations: {
      get: (id) =>
        new Promise((resolve, reject) => {
          asked.push({
            id,
            at: performance.now(),
            answer: (totalCost) =>
              totalCost === undefined
                ? reject(new Error('not there'))
                : resolve({ id, totalCost, usage: totalCost }),
          });
        }),
    },
    delaysMs,
    clock: SYSTEM_CLOCK,
    onFound: ({ generationId }) => found.push(generationId),
    onGivenUp: ({ generationId }) => givenUp.push(generationId),
    onQuiet: () => undefined,
    onOverflow: (limit) => overflows.push(limit),
    ...(maxWaiting !== undefined && { maxWaiting }),
  });
  return { lookups, asked, found, givenUp, overflows };
}

describe('look-ups of generations', () => {
  it('count each delay from the end of the answer', async () => {
    const { lookups, asked, givenUp } = openLookups([5, 20, 21]);
    // It ended a while ago: the first two steps are over, and follow at once.
    lookups.add(subject('gen-1', performance.now() - 20));
    for (let count = 1; count <= 3; count += 1) {
      await until(() => asked.length === count);
      expect(givenUp).toEqual([]);
      asked[count - 1]?.answer();
    }
    await until(() => givenUp.length > 0);
    expect(asked.map(({ id }) => id)).toEqual(['gen-1', 'gen-1', 'gen-1']);
  });

  it('never ask before the delay is over', async () => {
    const { lookups, asked } = openLookups([30]);
    const late = subject('gen-1');
    lookups.add(late);
    await until(() => asked.length === 1);
    expect(asked[0]?.at).toBeGreaterThanOrEqual(late.endedAt + 30);
    asked[0]?.answer(1);
  });

  it('ask for the one that is due first', async () => {
    const { lookups, asked, found } = openLookups([20, 40]);
    const now = performance.now();
    lookups.add(subject('gen-late', now));
    lookups.add(subject('gen-early', now - 10));
    await until(() => asked.length === 2);
    expect(asked.map(({ id }) => id)).toEqual(['gen-early', 'gen-late']);
    asked.forEach(({ answer }) => answer(1));
    await until(() => found.length === 2);
  });

  it('ask four at a time', async () => {
    const { lookups, asked, found } = openLookups([0]);
    for (let index = 0; index < 10; index += 1) lookups.add(subject(`gen-${index}`));
    await until(() => asked.length === 4);
    for (let index = 0; index < 10; index += 1) {
      expect(asked).toHaveLength(Math.min(10, index + 4));
      asked[index]?.answer(1);
      await until(() => found.length === index + 1);
    }
    expect(lookups.open).toEqual([]);
  });

  it('give up the oldest if too many wait', () => {
    const { lookups, givenUp, overflows } = openLookups([60_000], 3);
    const now = performance.now();
    lookups.add(subject('gen-2', now - 2));
    lookups.add(subject('gen-3', now - 3));
    for (const id of ['gen-4', 'gen-5', 'gen-6']) lookups.add(subject(id, now));
    expect(givenUp).toEqual(['gen-3', 'gen-2']);
    expect(overflows).toEqual([3]);
    expect(lookups.open.map(({ generationId }) => generationId)).toEqual(['gen-4', 'gen-5', 'gen-6']);
    lookups.close();
  });

  it('are quiet once only long steps are left', async () => {
    const { lookups, asked } = openLookups([0, 15_001]);
    expect(lookups.isQuiet).toBe(true);
    lookups.add(subject('gen-1'));
    expect(lookups.isQuiet).toBe(false);
    await until(() => asked.length === 1);
    asked[0]?.answer();
    await until(() => lookups.isQuiet);
    expect(lookups.open).toHaveLength(1);
    lookups.close();
  });

  it('ask at once if they are hurried, and again until they are closed', async () => {
    const { lookups, asked, givenUp } = openLookups([5, 60_000]);
    lookups.add(subject('gen-1'));
    await until(() => asked.length === 1);
    asked[0]?.answer();
    await until(() => lookups.open.length === 1 && asked.length === 1);
    lookups.hurry();
    for (let count = 2; count <= 4; count += 1) {
      await until(() => asked.length === count);
      asked[count - 1]?.answer();
    }
    expect(givenUp).toEqual([]);
    lookups.close();
    expect(givenUp).toEqual(['gen-1']);
  });

  it('hear nothing more of what was under way when they were closed', async () => {
    const { lookups, asked, found, givenUp } = openLookups([0, 1]);
    lookups.add(subject('gen-1'));
    lookups.add(subject('gen-2'));
    await until(() => asked.length === 2);
    lookups.close();
    expect(givenUp).toEqual(['gen-1', 'gen-2']);
    asked[0]?.answer(1);
    asked[1]?.answer();
    lookups.add(subject('gen-3'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(found).toEqual([]);
    expect(givenUp).toEqual(['gen-1', 'gen-2', 'gen-3']);
    expect(asked).toHaveLength(2);
  });

  it('keep no request in memory by its async context', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const lookups = new GenerationLookups<Subject>({
      generations: {
        get: (id) => {
          seen.push(storage.getStore());
          return Promise.resolve({ id, totalCost: 1, usage: 1 });
        },
      },
      delaysMs: [0],
      clock: SYSTEM_CLOCK,
      onFound: () => undefined,
      onGivenUp: () => undefined,
      onQuiet: () => undefined,
      onOverflow: () => undefined,
    });
    storage.run('a request', () => lookups.add(subject('gen-1')));
    await until(() => seen.length === 1);
    expect(seen).toEqual([undefined]);
  });

  it('send each request once, whatever the retry settings of the account are', async () => {
    const server = await startServer((_request, response, index) => {
      if (index === 0) sendError(response, 500);
      else sendJson(response, generationBody());
    });
    const { generations } = clientOf(server, { retry: { maxRetries: 5, initialDelayMs: 1 } });
    const found: number[] = [];
    let givenUp = 0;
    const lookups = new GenerationLookups<Subject>({
      generations,
      delaysMs: [0],
      clock: SYSTEM_CLOCK,
      onFound: (_subject, { totalCost }) => found.push(totalCost),
      onGivenUp: () => (givenUp += 1),
      onQuiet: () => undefined,
      onOverflow: () => undefined,
    });
    lookups.add(subject('gen-1'));
    await until(() => givenUp === 1);
    expect(server.requests).toHaveLength(1);
    lookups.add(subject('gen-1'));
    await until(() => found.length === 1);
    expect(found).toEqual([0.25]);
  });
});
