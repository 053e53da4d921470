import { afterEach, describe, expect, it } from '@jest/globals';
import { OpenRouterValidationException } from '../../lib/errors/index.js';
import { Account } from '../../lib/account/account.js';
import { HttpPipeline } from '../../lib/http/http-pipeline.js';
import { expandPath, queryString } from '../../lib/http/request-path.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf } from '../support/failures.js';
import { cleanUp, sendError, startServer } from '../support/servers.js';

afterEach(cleanUp);

const HASH = 'ab'.repeat(32);

describe('queryString', () => {
  it.each([
    [undefined, ''],
    [{}, ''],
    [{ date: undefined }, ''],
    [{ offset: 100 }, '?offset=100'],
    [{ id: 'gen-1 & 2/..', date: undefined, offset: 0 }, '?id=gen-1+%26+2%2F..&offset=0'],
  ])('writes %j as %j', (query, text) => {
    expect(queryString(query)).toBe(text);
  });
});

describe('expandPath', () => {
  it.each([
    ['/credits', {}, '/credits'],
    ['/keys/{hash}', { hash: HASH }, `/keys/${HASH}`],
    [
      '/workspaces/{workspace}/budgets/{interval}',
      { workspace: 'my-team_2', interval: 'daily' },
      '/workspaces/my-team_2/budgets/daily',
    ],
    [
      '/workspaces/{workspace}',
      { workspace: '0b5e2a52-6f2b-4d52-9a9b-1f3f3cc0e9d1' },
      '/workspaces/0b5e2a52-6f2b-4d52-9a9b-1f3f3cc0e9d1',
    ],
  ])('puts parameters into %s', (template, parameters, path) => {
    expect(expandPath(template, parameters as never, 'test')).toBe(path);
  });

  it.each([
    '.',
    '..',
    '../../x',
    '%2e%2e',
    '//evil',
    'http://evil',
    '?a=b',
    '#',
    '',
    ' ',
    `${HASH}/..`,
    `${HASH}\n`,
    HASH.toUpperCase(),
    5,
    null,
    undefined,
  ])('refuses %j as the hash of a key and as a workspace', (value) => {
    for (const [template, name] of [
      ['/keys/{hash}', 'hash'],
      ['/workspaces/{workspace}', 'workspace'],
    ] as const) {
      if (name === 'workspace' && value === HASH.toUpperCase()) continue;
      expect(() => expandPath(template, { [name]: value }, 'keys.get')).toThrow(
        OpenRouterValidationException,
      );
    }
  });

  it.each(['hourly', 'Daily', 'daily/', 'constructor'])('refuses %j as an interval', (interval) => {
    expect(() => expandPath('/x/{interval}', { interval }, 'budgets.get')).toThrow(
      /`interval` must be one of daily/,
    );
  });

  it('refuses a parameter that nobody has a pattern for', () => {
    expect(() => expandPath('/x/{other}', { other: 'a' } as never, 'test')).toThrow(/`other`/);
    expect(() => expandPath('/x/{constructor}', {}, 'test')).toThrow(OpenRouterValidationException);
  });
});

describe('a call with path parameters', () => {
  const accounts: Account[] = [];
  afterEach(() => {
    for (const account of accounts.splice(0)) void account.close();
  });

  function pipelineOf(baseUrl: string): HttpPipeline {
    const account = new Account(
      resolveOptions({ apiKey: 'sk-or-v1-a-key', baseUrl, retry: { initialDelayMs: 0 } }, 'Here'),
    );
    accounts.push(account);
    return new HttpPipeline(account);
  }

  const remove = {
    operation: 'apiKeys.delete',
    method: 'DELETE',
    path: '/keys/{hash}',
    key: 'management',
    decode: () => 'deleted',
  } as const;

  it('sends nothing with a bad one', async () => {
    const server = await startServer((_request, response) => sendError(response, 500));
    const pipeline = pipelineOf(server.baseUrl);
    const failure = await failureOf(pipeline.request({ ...remove, parameters: { hash: '..' } }));
    expect(failure).toMatchObject({ errors: [{ property: 'hash' }] });
    expect(server.requests.length).toBe(0);
  });

  it('has deleted what an attempt without an answer may have deleted, and the next does not find', async () => {
    const server = await startServer((_request, response) => {
      if (server.requests.length === 1) response.destroy();
      else sendError(response, 404);
    });
    const pipeline = pipelineOf(server.baseUrl);
    await expect(pipeline.request({ ...remove, parameters: { hash: HASH } })).resolves.toBe('deleted');
    expect(server.requests.map(({ path }) => path.endsWith(`/keys/${HASH}`))).toEqual([true, true]);

    const applied = await startServer((_request, response) => {
      if (applied.requests.length === 1) {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{', () => response.destroy());
      } else sendError(response, 404);
    });
    const other = pipelineOf(applied.baseUrl);
    await expect(other.request({ ...remove, parameters: { hash: HASH } })).resolves.toBe('deleted');

    const second = await failureOf(pipeline.request({ ...remove, parameters: { hash: HASH } }));
    expect(second).toMatchObject({ status: 404, delivery: 'rejected' });
  });
});
