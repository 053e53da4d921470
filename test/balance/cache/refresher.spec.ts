import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  InMemoryBalanceStore,
  OpenRouterAbortException,
  type OpenRouterClient,
  OpenRouterServiceUnavailableException,
} from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { leaksIn } from '../../support/leaks.js';
import {
  API_KEY,
  cleanUp,
  clientOf,
  CREDITS_BODY,
  MANAGEMENT_KEY,
  sendError,
  sendJson,
  startServer,
  type TestServer,
} from '../../support/servers.js';
import { listenerLimitOf } from '../../support/signals.js';
import { until } from '../../support/waiting.js';
import type { ServerResponse } from 'node:http';

let sandbox: OpenRouterSandbox | undefined;

afterEach(async () => {
  await cleanUp();
  await sandbox?.stop();
  sandbox = undefined;
});

/** A server that answers when it is told to. */
async function startSlowServer(): Promise<TestServer & { readonly waiting: ServerResponse[] }> {
  const waiting: ServerResponse[] = [];
  const server = await startServer((_request, response) => void waiting.push(response));
  return Object.assign(server, { waiting });
}

/** A client with a management key alone, so that a reading is one call. */
function simpleClient(server: { baseUrl: string }, balance = {}): OpenRouterClient {
  return clientOf(server, { apiKey: undefined, retry: false, balance });
}

describe('one flight', () => {
  it.each([
    ['a management key alone', false, ['/api/v1/credits']],
    ['both keys', true, ['/api/v1/credits', '/api/v1/key']],
  ])('is shared by 10 000 cold callers, with %s', async (_title, both, paths) => {
    sandbox = await OpenRouterSandbox.start({ keyLimit: 5 });
    const { baseUrl, apiKey, managementKey } = sandbox;
    const client = clientOf(baseUrl, { apiKey: both ? apiKey : undefined, managementKey });
    const snapshots = await Promise.all(Array.from({ length: 10_000 }, () => client.balance.get()));
    expect(new Set(snapshots).size).toBe(1);
    expect(snapshots[0]).toMatchObject({ balance: 74.75, spendable: both ? 5 : 74.75 });
    expect(sandbox.requests.map(({ path }) => path).sort()).toEqual(paths);
  });

  it.each([
    ['get({ maxAgeMs: 0 })', (client: OpenRouterClient) => client.balance.get({ maxAgeMs: 0 })],
    ['refresh()', (client: OpenRouterClient) => client.balance.refresh()],
  ])('is shared by concurrent callers of %s, which makes a new reading each time', async (_title, call) => {
    sandbox = await OpenRouterSandbox.start();
    const made = clientOf(sandbox, { apiKey: undefined, managementKey: sandbox.managementKey });
    await made.balance.get();
    sandbox.spend(1);
    const snapshots = await Promise.all(Array.from({ length: 1_000 }, () => call(made)));
    expect(sandbox.requests).toHaveLength(2);
    expect(new Set(snapshots.map(({ balance }) => balance))).toEqual(new Set([73.75]));
    await call(made);
    expect(sandbox.requests).toHaveLength(3);
  });

  it('goes on when one caller leaves, and ends when the last one has left', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [balance.get({ signal: first.signal }), balance.get({ signal: second.signal })];
    const outcomes = Promise.allSettled(calls);
    await until(() => server.waiting.length === 1);
    first.abort(new Error('gone'));
    await expect(calls[0]).rejects.toMatchObject({
      name: 'OpenRouterAbortException',
      message: "balance.get was ended: the caller's signal was aborted.",
      cause: { message: 'gone' },
    });
    expect(server.requests[0]!.socket.destroyed).toBe(false);
    second.abort();
    await expect(calls[1]).rejects.toThrow(OpenRouterAbortException);
    await until(() => server.requests[0]!.socket.destroyed);
    await outcomes;
    // It was no failure: the next caller asks at once.
    const next = balance.get();
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[1]!, CREDITS_BODY);
    await expect(next).resolves.toMatchObject({ balance: 74.75 });
  });

  it('is not begun for a caller whose signal has fired', async () => {
    const server = await startSlowServer();
    const call = simpleClient(server).balance.get({ signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'OpenRouterAbortException', delivery: 'not-sent' });
    expect(server.requests).toHaveLength(0);
  });

  it('does not replace what was read after an invalidation', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const before = balance.get();
    await until(() => server.waiting.length === 1);
    balance.invalidate();
    const after = balance.get();
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[1]!, { data: { total_credits: 200, total_usage: 0 } });
    await expect(after).resolves.toMatchObject({ balance: 200 });
    sendJson(server.waiting[0]!, { data: { total_credits: 100, total_usage: 0 } });
    await expect(before).resolves.toMatchObject({ balance: 100 });
    expect(balance.peek()).toMatchObject({ balance: 200 });
    await expect(balance.get()).resolves.toMatchObject({ balance: 200 });
    expect(server.requests).toHaveLength(2);
  });

  it('is not kept after an invalidation, even if nothing was read since', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const before = balance.get();
    await until(() => server.waiting.length === 1);
    balance.invalidate();
    sendJson(server.waiting[0]!, CREDITS_BODY);
    await expect(before).resolves.toMatchObject({ balance: 74.75 });
    expect(balance.peek()).toBeUndefined();
  });

  it('is no failure of what was asked for after an invalidation', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const before = expect(balance.get()).rejects.toMatchObject({ status: 503 });
    await until(() => server.waiting.length === 1);
    balance.invalidate();
    sendError(server.waiting[0]!, 503);
    await before;
    const after = balance.get();
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[1]!, CREDITS_BODY);
    await expect(after).resolves.toMatchObject({ balance: 74.75 });
  });

  it('leaves a refresh that began later as the one to join', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const slow = balance.get();
    await until(() => server.waiting.length === 1);
    const refreshed = balance.refresh();
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[0]!, CREDITS_BODY);
    await slow;
    const joined = balance.get({ maxAgeMs: 0 });
    sendJson(server.waiting[1]!, { data: { total_credits: 200, total_usage: 0 } });
    for (const call of [refreshed, joined]) await expect(call).resolves.toMatchObject({ balance: 200 });
    expect(server.requests).toHaveLength(2);
  });

  it('does not replace what a refresh that began later has read', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const slow = balance.get();
    await until(() => server.waiting.length === 1);
    const refreshed = balance.refresh();
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[1]!, { data: { total_credits: 200, total_usage: 0 } });
    await expect(refreshed).resolves.toMatchObject({ balance: 200 });
    sendJson(server.waiting[0]!, { data: { total_credits: 100, total_usage: 0 } });
    await expect(slow).resolves.toMatchObject({ balance: 200 });
    expect(balance.peek()).toMatchObject({ balance: 200 });
  });

  it('is that of another account in the store once the key has rotated', async () => {
    const server = await startServer((_request, response) => sendJson(response, CREDITS_BODY));
    const store = new InMemoryBalanceStore();
    const begin = jest.spyOn(store, 'begin');
    let key = API_KEY;
    const { balance } = clientOf(server, { apiKey: undefined, managementKey: () => key, balance: { store } });
    await balance.get();
    key = MANAGEMENT_KEY;
    await balance.refresh();
    const accounts = begin.mock.calls.map(([account]) => account);
    expect(new Set(accounts).size).toBe(2);
    // Hashes, which the store may log.
    for (const account of accounts) expect(account).toMatch(/^[0-9a-f]{64}$/);
    expect(leaksIn(begin.mock.calls, [API_KEY, MANAGEMENT_KEY])).toEqual([]);
  });

  it('tells all callers of a failure, and nobody asks again at once', async () => {
    const server = await startServer((_request, response) => sendError(response, 503));
    const { balance } = simpleClient(server);
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => balance.get()));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(balance.get()).rejects.toThrow(OpenRouterServiceUnavailableException);
    await expect(balance.get({ maxAgeMs: 0 })).rejects.toThrow(OpenRouterServiceUnavailableException);
    expect(server.requests).toHaveLength(1);
    // A refresh is asked for by somebody who knows why.
    await expect(balance.refresh()).rejects.toThrow(OpenRouterServiceUnavailableException);
    expect(server.requests).toHaveLength(2);
    balance.invalidate();
    await expect(balance.get()).rejects.toThrow(OpenRouterServiceUnavailableException);
    expect(server.requests).toHaveLength(3);
  });

  it('serves, when a refresh began it, those who ask while OpenRouter is left alone', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const failed = expect(balance.get()).rejects.toMatchObject({ status: 503 });
    await until(() => server.waiting.length === 1);
    sendError(server.waiting[0]!, 503, {}, { 'retry-after': '60' });
    await failed;
    const calls = [balance.refresh(), balance.get()];
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[1]!, CREDITS_BODY);
    expect((await Promise.all(calls)).map(({ balance: left }) => left)).toEqual([74.75, 74.75]);
  });

  it('is ended, when a poll began it, by the last one who leaves the stream', async () => {
    const server = await startSlowServer();
    const { balance, credits } = simpleClient(server);
    const subscriptions = [balance.changes$.subscribe(), balance.alerts$.subscribe()];
    await until(() => server.waiting.length === 1);
    subscriptions[0]!.unsubscribe();
    // Another request has come since.
    const other = credits.getCredits();
    await until(() => server.waiting.length === 2);
    sendJson(server.waiting[1]!, CREDITS_BODY);
    await other;
    expect(server.requests[0]!.socket.destroyed).toBe(false);
    subscriptions[1]!.unsubscribe();
    await until(() => server.requests[0]!.socket.destroyed);
  });

  it('takes any number of callers with one signal', async () => {
    const server = await startSlowServer();
    const { balance } = simpleClient(server);
    const { signal } = new AbortController();
    const calls = Array.from({ length: 100 }, () => balance.get({ signal }));
    await until(() => server.waiting.length === 1);
    sendJson(server.waiting[0]!, CREDITS_BODY);
    await Promise.all(calls);
    expect(listenerLimitOf(signal)).toBe(0);
  });
});
