import { afterEach, describe, expect, it } from '@jest/globals';
import type { ApiKey, ApiKeysService } from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { cleanUp, clientOf, sendError, sendJson, startServer, type TestServer } from '../support/servers.js';
import { timed, until } from '../support/waiting.js';
import { numberedKey, WORKSPACE } from './support.js';

afterEach(cleanUp);

type Key = Record<string, unknown>;

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
const keysOf = (from: number, to: number): Key[] => numbers(from, to).map((index) => numberedKey(index));

const offsetIn = (path: string): number =>
  Number(new URL(path, 'http://x').searchParams.get('offset') ?? '0');

/** A server with the pages of OpenRouter: 100 keys from an offset. */
async function paging(
  keys: (index: number) => Key[],
): Promise<{ server: TestServer; apiKeys: ApiKeysService }> {
  const server = await startServer(({ path }, response, index) => {
    const offset = offsetIn(path);
    sendJson(response, { data: keys(index).slice(offset, offset + 100) });
  });
  return { server, apiKeys: clientOf(server).apiKeys };
}

async function collect(keys: AsyncIterable<ApiKey>): Promise<ApiKey[]> {
  const all: ApiKey[] = [];
  for await (const key of keys) all.push(key);
  return all;
}

const offsets = ({ requests }: TestServer): number[] => requests.map(({ path }) => offsetIn(path));
const names = (keys: ApiKey[]): (string | undefined)[] => keys.map(({ name }) => name);

describe('iterate', () => {
  it.each([
    [0, [0]],
    [1, [0]],
    [99, [0]],
    [100, [0, 100]],
    [101, [0, 100]],
    [250, [0, 100, 200]],
  ])('gives all of %d keys, in pages from %j', async (count, expected) => {
    const { server, apiKeys } = await paging(() => keysOf(0, count));
    expect(names(await collect(apiKeys.iterate()))).toEqual(numbers(0, count).map((index) => `key-${index}`));
    expect(offsets(server)).toEqual(expected);
  });

  it('asks for every page what it was asked for, from where it was told to begin', async () => {
    const { server, apiKeys } = await paging(() => keysOf(0, 230));
    const keys = apiKeys.iterate({ includeDisabled: true, workspaceId: WORKSPACE, offset: 20 });
    expect(await collect(keys)).toHaveLength(210);
    expect(server.requests.map(({ path }) => path)).toEqual(
      [20, 120, 220].map(
        (offset) => `/api/v1/keys?include_disabled=true&offset=${offset}&workspace_id=${WORKSPACE}`,
      ),
    );
  });

  it('asks for a page only when its first key is wanted', async () => {
    const { server, apiKeys } = await paging(() => keysOf(0, 300));
    const keys = apiKeys.iterate();
    expect(server.requests).toEqual([]);
    for await (const key of keys) {
      if (key.name === 'key-99') break;
    }
    expect(offsets(server)).toEqual([0]);
  });

  it('gives no key twice where one that is made meanwhile moves the others down', async () => {
    const { server, apiKeys } = await paging((index) => [
      ...keysOf(1000, 1000 + index * 3),
      ...keysOf(0, 197),
    ]);
    const found = names(await collect(apiKeys.iterate()));
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(numbers(0, 197).map((index) => `key-${index}`));
    // The second page is full because of the three new keys, the third one has nothing but known ones.
    expect(offsets(server)).toEqual([0, 100, 200]);
  });

  it('ends with an error on a server that repeats its page for ever', async () => {
    const server = await startServer((_request, response) => sendJson(response, { data: keysOf(0, 100) }));
    const { apiKeys } = clientOf(server);
    const found: ApiKey[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const key of apiKeys.iterate()) found.push(key);
      })(),
    );
    expect(failure).toMatchObject({
      name: 'OpenRouterResponseException',
      path: 'data',
      message: expect.stringContaining('the page from offset 100 has only keys that were on earlier pages'),
    });
    expect(found).toHaveLength(100);
    expect(server.requests).toHaveLength(2);
  });

  it('ends with an error on a server whose pages go round in a circle, or have one key in them', async () => {
    for (const page of [
      (offset: number) => keysOf(offset % 200, (offset % 200) + 100),
      () => Array.from({ length: 100 }, () => numberedKey(7)),
    ]) {
      const server = await startServer(({ path }, response) =>
        sendJson(response, { data: page(offsetIn(path)) }),
      );
      const failure = await failureOf(collect(clientOf(server).apiKeys.iterate()));
      expect(failure).toMatchObject({ name: 'OpenRouterResponseException', path: 'data' });
      expect(server.requests.length).toBeLessThan(4);
    }
  });

  it('follows a server whose pages are larger', async () => {
    const server = await startServer(({ path }, response) => {
      const offset = offsetIn(path);
      sendJson(response, { data: keysOf(offset, Math.min(offset + 150, 320)) });
    });
    expect(await collect(clientOf(server).apiKeys.iterate())).toHaveLength(320);
    expect(offsets(server)).toEqual([0, 150, 300]);
  });

  it('tries a page again, and fails with the page that cannot be had', async () => {
    const server = await startServer(({ path }, response, index) => {
      const offset = offsetIn(path);
      if (index === 1 || offset === 200) sendError(response, 503);
      else sendJson(response, { data: keysOf(offset, offset + 100) });
    });
    const found: ApiKey[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const key of clientOf(server).apiKeys.iterate()) found.push(key);
      })(),
    );
    expect(failure).toMatchObject({ status: 503, operation: 'apiKeys.list' });
    expect(found).toHaveLength(200);
  });

  it('ends when the signal fires: while a page is on its way, and between two keys of one', async () => {
    const hanging = await startServer(() => undefined);
    const controller = new AbortController();
    const next = clientOf(hanging).apiKeys.iterate({}, { signal: controller.signal }).next();
    await until(() => hanging.requests.length === 1);
    controller.abort();
    expect(await failureOf(next)).toMatchObject({ name: 'OpenRouterAbortException' });

    const { server, apiKeys } = await paging(() => keysOf(0, 50));
    const between = new AbortController();
    const found: ApiKey[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const key of apiKeys.iterate({}, { signal: between.signal })) {
          found.push(key);
          if (found.length === 3) between.abort();
        }
      })(),
    );
    expect(failure).toMatchObject({ name: 'OpenRouterAbortException', delivery: 'not-sent' });
    expect(found).toHaveLength(3);
    expect(server.requests).toHaveLength(1);
  });

  it('refuses a bad query at the first key that is asked for', async () => {
    const { server, apiKeys } = await paging(() => []);
    for (const query of [{ offset: -1 }, { limit: 5 }, { workspaceId: 'slug' }, 5, []]) {
      expect(await failureOf(apiKeys.iterate(query as object).next())).toMatchObject({
        name: 'OpenRouterValidationException',
        message: expect.stringMatching(/^apiKeys\.iterate: /),
      });
    }
    expect(server.requests).toEqual([]);
  });
});

describe('findByName', () => {
  it('finds every key of just that name on all pages, disabled ones too', async () => {
    const keys = keysOf(0, 240);
    for (const index of [3, 150, 239])
      keys[index] = numberedKey(index, { name: 'tenant', disabled: index > 200 });
    keys[4] = numberedKey(4, { name: 'tenant ' });
    keys[5] = numberedKey(5, { name: 'Tenant' });
    keys[6] = numberedKey(6, { name: undefined });
    const { server, apiKeys } = await paging(() => keys);
    const found = await apiKeys.findByName('tenant');
    expect(found.map(({ hash }) => parseInt(hash, 16))).toEqual([3, 150, 239]);
    expect(found[2]?.disabled).toBe(true);
    expect(server.requests.map(({ path }) => path)).toEqual(
      [0, 100, 200].map((offset) => `/api/v1/keys?include_disabled=true&offset=${offset}`),
    );
    await expect(apiKeys.findByName('nobody')).resolves.toEqual([]);
  });

  it('looks in another workspace where it is told to, with the settings of the call', async () => {
    const { server, apiKeys } = await paging(() => []);
    await apiKeys.findByName('tenant', { workspaceId: WORKSPACE, headers: { 'x-team': 'billing' } });
    expect(server.requests[0]?.path).toContain(`workspace_id=${WORKSPACE}`);
    expect(server.requests[0]?.headers['x-team']).toBe('billing');
  });

  it('has one deadline for all pages together', async () => {
    const server = await startServer(({ path }, response) => {
      const offset = offsetIn(path);
      setTimeout(() => sendJson(response, { data: keysOf(offset, offset + 100) }), 40);
    });
    const client = clientOf(server, { deadlineMs: 200 });
    for (const [options, deadlineMs] of [
      [undefined, 200],
      [{ deadlineMs: 300 }, 300],
    ] as const) {
      const { ms, outcome, waitedMs } = await timed(() =>
        failureOf(client.apiKeys.findByName('key', options)),
      );
      expect(outcome).toMatchObject({
        name: 'OpenRouterTimeoutException',
        message: expect.stringContaining(`\`deadlineMs\` (${deadlineMs} ms)`),
        timeoutMs: deadlineMs,
      });
      expect(ms).toBeGreaterThan(deadlineMs - 20);
      expect(waitedMs).toBeLessThan(deadlineMs + 200);
    }
    // No page comes after the last one: this call takes as long as a page.
    await client.apiKeys.list({ offset: 12_345 });
    expect(offsetIn(server.requests.at(-1)!.path)).toBe(12_345);
  });

  it('is no answer if a page is missing', async () => {
    const server = await startServer((_request, response) => sendJson(response, { data: keysOf(0, 100) }));
    expect(await failureOf(clientOf(server).apiKeys.findByName('key-1'))).toMatchObject({
      name: 'OpenRouterResponseException',
    });
  });

  it.each<[unknown, object | undefined]>([
    ['', undefined],
    [' ', undefined],
    [undefined, undefined],
    [5, undefined],
    ['tenant', { workspaceId: 'slug' }],
    ['tenant', { x: 1 }],
  ])('refuses %j with %j and sends nothing', async (name, options) => {
    const { server, apiKeys } = await paging(() => []);
    expect(await failureOf(apiKeys.findByName(name as string, options))).toMatchObject({
      name: 'OpenRouterValidationException',
    });
    expect(server.requests).toEqual([]);
  });
});
