import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { OpenRouterAbortException } from '../../../lib/index.js';
import { failureOf } from '../../support/failures.js';
import { API_KEY, cleanUp, sendError, sendJson, startServer } from '../../support/servers.js';
import { until } from '../../support/waiting.js';
import { answer, generationBody, openCompletions, usage } from './support.js';

let warn: jest.SpiedFunction<Logger['warn']>;

beforeEach(() => {
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});

afterEach(async () => {
  await cleanUp();
  warn.mockRestore();
});

const LATE = [60_000];

describe('waiting until everything is settled', () => {
  it('ends at once if nothing is open', async () => {
    const { completions, open } = openCompletions('http://127.0.0.1:9/api/v1');
    await completions.settled();
    open().unanswered(undefined, true);
    await completions.settled();
  });

  it('lasts until every answer is over, and every cost is known', async () => {
    const release: (() => void)[] = [];
    const server = await startServer((_request, response) => {
      release.push(() => sendJson(response, generationBody()));
    });
    const { completions, costs, open } = openCompletions(server.baseUrl);
    const [one, other] = [open(), open()];
    const order: string[] = [];
    const settled = completions.settled().then(() => order.push('settled'));
    completions.costs$.subscribe(({ source }) => order.push(source));
    one.answered(answer());
    one.told(usage({ usd: 1 }));
    other.answered(answer({ generationId: 'gen-1' }));
    other.ended('aborted');
    await until(() => release.length === 1);
    release[0]?.();
    await until(() => costs.length === 2);
    expect(order).toEqual(['answer', 'generation']);
    one.ended('complete');
    await settled;
    expect(order).toEqual(['answer', 'generation', 'settled']);
  });

  it('does not wait for the long steps of a look-up', async () => {
    const server = await startServer((_request, response) => sendError(response, 404));
    const { completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 2, 15_001] },
    });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('aborted');
    await completions.settled();
    expect(server.requests).toHaveLength(2);
    expect(costs).toEqual([]);
  });

  it('ends with the exception of an aborted call if its signal is aborted', async () => {
    const { completions, open } = openCompletions('http://127.0.0.1:9/api/v1');
    const completion = open();
    const abort = new AbortController();
    const waiting = failureOf(completions.settled(abort.signal));
    abort.abort(new Error(`enough of ${API_KEY}`));
    const error = await waiting;
    expect(error).toBeInstanceOf(OpenRouterAbortException);
    expect(JSON.stringify([error, error.cause])).not.toContain(API_KEY);
    expect(await failureOf(completions.settled(abort.signal))).toBeInstanceOf(OpenRouterAbortException);
    completion.unanswered(undefined, true);
    await completions.settled();
  });
});

describe('the end of an application', () => {
  it('asks for everything that is open, at once', async () => {
    const server = await startServer((_request, response, index) =>
      index === 0 ? sendError(response, 404) : sendJson(response, generationBody()),
    );
    const { account, completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 60_000] },
    });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('aborted');
    await until(() => server.requests.length === 1);
    await completions.drain();
    expect(costs).toMatchObject([{ usd: 0.25, source: 'generation' }]);
    await account.close();
    expect(warn).not.toHaveBeenCalled();
  });

  it('waits for answers that are under way', async () => {
    const { completions, costs, open } = openCompletions('http://127.0.0.1:9/api/v1');
    const completion = open();
    completion.answered(answer());
    const drained = completions.drain();
    completion.told(usage({ usd: 1 }));
    completion.ended('complete');
    await drained;
    expect(costs).toHaveLength(1);
  });

  it('asks for answers that nobody reads, also for those that begin during the wait', async () => {
    const server = await startServer((request, response) => {
      sendJson(response, generationBody({ id: new URL(request.path, 'http://a').searchParams.get('id') }));
    });
    const { account, completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 60_000] },
    });
    const [unread, late] = [open(), open()];
    unread.answered(answer({ generationId: 'gen-unread' }));
    const drained = completions.drain();
    late.answered(answer({ generationId: 'gen-late' }));
    await drained;
    expect(costs).toMatchObject([
      { usd: 0.25, source: 'generation', generationId: 'gen-unread' },
      { usd: 0.25, source: 'generation', generationId: 'gen-late' },
    ]);
    unread.told(usage({ usd: 9 }));
    unread.ended('complete');
    await account.close();
    expect(costs).toHaveLength(2);
    expect(warn).not.toHaveBeenCalled();
  });

  it('asks no longer for an answer that has told its cost', async () => {
    const server = await startServer((_request, response) => sendError(response, 404));
    const { account, completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 60_000] },
    });
    const [waiting, asked] = [open(), open()];
    waiting.answered(answer({ generationId: 'gen-1' }));
    const first = completions.drain();
    await until(() => server.requests.length > 0);
    asked.answered(answer({ generationId: 'gen-2' }));
    for (const completion of [waiting, asked]) {
      completion.told(usage({ usd: 1 }));
    }
    await first;
    const { length } = server.requests;
    await completions.drain();
    await account.close();
    expect(costs).toMatchObject([
      { usd: 1, source: 'answer' },
      { usd: 1, source: 'answer' },
    ]);
    expect(server.requests.length).toBe(length);
    expect(warn).not.toHaveBeenCalled();
  });

  it('waits no longer for an answer whose cost was recorded before', async () => {
    const server = await startServer((_request, response) => sendError(response, 404));
    const { account, completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 60_000], shutdownMs: 120_000 },
    });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completions.record({ id: 'gen-1', usd: 1 });
    const drained = completions.drain();
    await until(() => server.requests.length > 0);
    completion.told(usage({ usd: 1 }));
    await drained;
    await account.close();
    expect(costs).toMatchObject([{ usd: 1, source: 'recorded' }]);
  });

  it('asks once for an answer that ends while it is asked for', async () => {
    const asked: (() => void)[] = [];
    const server = await startServer((_request, response) => {
      asked.push(() => sendJson(response, generationBody()));
    });
    const { account, completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1, 60_000] },
    });
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    const drained = completions.drain();
    await until(() => asked.length === 1);
    completion.ended('aborted');
    void completions.drain();
    asked[0]?.();
    await drained;
    await account.close();
    expect(costs).toMatchObject([{ usd: 0.25, source: 'generation', outcome: 'aborted' }]);
    expect(asked).toHaveLength(1);
  });

  it('names an answer that nobody reads once, if the cost is not found', async () => {
    const server = await startServer((_request, response) => sendError(response, 404));
    const { account, completions, costs, open } = openCompletions(server.baseUrl, {
      options: { lookupDelaysMs: [1], shutdownMs: 50 },
    });
    open().answered(answer({ generationId: 'gen-unread' }));
    await completions.drain();
    await account.close();
    expect(costs).toMatchObject([{ usd: null, source: 'unknown', generationId: 'gen-unread' }]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/the cost of 1 completion could not be learned\. Generations: gen-unread\.$/)],
    ]);
  });

  it('waits no longer than the option says', async () => {
    const { completions, open } = openCompletions('http://127.0.0.1:9/api/v1', {
      options: { shutdownMs: 5 },
    });
    open().answered(answer());
    await completions.drain();
  });

  it('shares that time with further ends of the same account', async () => {
    const { completions, open } = openCompletions('http://127.0.0.1:9/api/v1');
    open().answered(answer());
    jest.useFakeTimers();
    try {
      const first = completions.drain();
      jest.advanceTimersByTime(5_000);
      await first;
      const second = completions.drain();
      jest.advanceTimersByTime(0);
      await second;
    } finally {
      jest.useRealTimers();
    }
  });

  it('names what it has given up in one line, and then tells no more costs', async () => {
    const server = await startServer(() => undefined);
    const meter = openCompletions(server.baseUrl, { options: { lookupDelaysMs: LATE } });
    const { account, costs, open } = meter;
    const left = open({ scope: { tenant: 'acme' } });
    left.answered(answer({ generationId: 'gen-left' }));
    left.ended('aborted');
    const passing = open();
    passing.answered(answer({ generationId: 'gen-passing' }));
    const told = open();
    told.answered(answer({ generationId: 'gen-told' }));
    told.told(usage({ usd: 1 }));
    open();
    const closed = account.close();
    expect(costs).toMatchObject([
      { usd: 1, source: 'answer' },
      {
        usd: null,
        source: 'unknown',
        generationId: 'gen-left',
        scope: { tenant: 'acme' },
        outcome: 'aborted',
      },
      { usd: null, source: 'unknown', generationId: 'gen-passing', outcome: 'aborted' },
      { usd: null, source: 'unknown', outcome: 'aborted' },
    ]);
    expect(meter.isComplete).toBe(true);
    await closed;
    expect(warn.mock.calls).toEqual([
      [
        'metering: the account is closed, and the costs of 3 completions could not be learned. ' +
          'Generations: gen-left, gen-passing.',
      ],
    ]);
    await meter.completions.settled();
    passing.told(usage({ usd: 1 }));
    expect(costs).toHaveLength(4);
  });

  it('names at most 50 of them', async () => {
    const { account, open } = openCompletions('http://127.0.0.1:9/api/v1', {
      options: { lookupDelaysMs: LATE },
    });
    for (let index = 1; index <= 51; index += 1) {
      const completion = open();
      completion.answered(answer({ generationId: `gen-${index}` }));
      completion.ended('aborted');
    }
    await account.close();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/51 completions .*gen-49, gen-50 and 1 more\.$/)],
    ]);
  });

  it('keeps no process alive', () => {
    const { open } = openCompletions('http://127.0.0.1:9/api/v1', { options: { lookupDelaysMs: LATE } });
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const completion = open();
    completion.answered(answer({ generationId: 'gen-1' }));
    completion.ended('aborted');
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before);
  });
});

describe('the hook onCost', () => {
  it('is called once for each cost, in the context of its request, with the account', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const server = await startServer((_request, response) => sendJson(response, generationBody()));
    const { completions, open } = openCompletions(server.baseUrl, {
      account: {
        instrumentation: [
          {
            onCost: () => {
              throw new Error('a hook failed');
            },
          },
          { onCost: ({ source }, account) => seen.push([source, account, storage.getStore()]) },
          { onRequest: () => undefined },
        ],
      },
    });
    const told = storage.run('first', () => open());
    const left = storage.run('second', () => open());
    const refused = storage.run('third', () => open());
    told.answered(answer());
    told.told(usage({ usd: 1 }));
    told.ended('complete');
    left.answered(answer({ generationId: 'gen-1' }));
    left.ended('aborted');
    refused.answered(answer({ status: 401 }));
    refused.ended('complete');
    await completions.settled();
    storage.run('fourth', () => completions.record({ usd: 1 }));
    expect(seen).toEqual([
      ['answer', 'default', 'first'],
      ['generation', 'default', 'second'],
      ['recorded', 'default', 'fourth'],
    ]);
  });

  it('keeps the context of no request if there is no such hook', () => {
    const { open } = openCompletions('http://127.0.0.1:9/api/v1', {
      account: { instrumentation: { onRequest: () => undefined } },
    });
    const storage = new AsyncLocalStorage<string>();
    const completion = storage.run('a request', () => open()) as unknown as {
      inContext: (call: () => void) => void;
    };
    let seen: unknown = 'nothing';
    completion.inContext(() => (seen = storage.getStore()));
    expect(seen).toBeUndefined();
    (completion as unknown as { unanswered: (reason: unknown, isAborted: boolean) => void }).unanswered(
      0,
      true,
    );
  });
});
