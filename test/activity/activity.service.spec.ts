import vm from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import {
  ActivityQuery,
  OpenRouterBadRequestException,
  OpenRouterForbiddenException,
  OpenRouterInternalServerException,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
  OpenRouterValidationException,
} from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { cleanUp, clientOf, MANAGEMENT_KEY, sendError, sendJson, startServer } from '../support/servers.js';
import { ITEM, ROW } from './support.js';

afterEach(cleanUp);

const HASH = 'ab'.repeat(32);
const WORKSPACE = '550e8400-e29b-41d4-a716-446655440000';

function answering(body: object) {
  return startServer((_request, response) => sendJson(response, body));
}

describe('list', () => {
  it('asks GET /activity with the management key', async () => {
    const server = await answering({ data: [ROW] });
    await expect(clientOf(server).activity.list()).resolves.toEqual([ITEM]);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/api/v1/activity', body: '' });
    expect(server.requests[0]!.headers['authorization']).toBe(`Bearer ${MANAGEMENT_KEY}`);
  });

  it.each<[string, ActivityQuery, string]>([
    ['nothing', {}, ''],
    ['undefined', { date: undefined, groupBy: undefined }, ''],
    ['a day', { date: '2026-08-24' }, '?date=2026-08-24'],
    ['a Date', { date: new Date('2026-08-24T23:59:59.999Z') }, '?date=2026-08-24'],
    ['a Date of the day before in UTC', { date: new Date('2026-08-24T01:00:00+02:00') }, '?date=2026-08-23'],
    ['a Date of another realm', { date: vm.runInNewContext('new Date(1787529600000)') }, '?date=2026-08-24'],
    [
      'everything',
      {
        date: '2028-02-29',
        apiKeyHash: HASH,
        userId: 'user_1',
        workspaceId: WORKSPACE,
        groupBy: 'workspace',
      },
      `?date=2028-02-29&api_key_hash=${HASH}&user_id=user_1&workspace_id=${WORKSPACE}&group_by=workspace`,
    ],
  ])('narrows it by %s', async (_title, query, expected) => {
    const server = await answering({ data: [] });
    await clientOf(server).activity.list(query);
    expect(server.requests[0]!.path).toBe(`/api/v1/activity${expected}`);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['a day that is none', { date: '2026-02-31' }, 'date', /`date` must be a day of the calendar/],
    ['a day with a time', { date: '2026-02-01T00:00:00Z' }, 'date', /a day of the calendar/],
    ['an American day', { date: '02/01/2026' }, 'date', /a day of the calendar/],
    ['a blank day', { date: '' }, 'date', /a day of the calendar/],
    ['a number as a day', { date: 1_787_529_600_000 }, 'date', /a day of the calendar/],
    ['null as a day', { date: null }, 'date', /a day of the calendar/],
    ['an invalid Date', { date: new Date(NaN) }, 'date', /a day of the calendar/],
    ['a Date of the year 10000', { date: new Date(Date.UTC(10_000, 0, 1)) }, 'date', /a day of the calendar/],
    ['something like a Date', { date: { getTime: () => 0 } }, 'date', /a day of the calendar/],
    ['two days', { date: ['2026-08-24'] }, 'date', /a day of the calendar/],
    ['half a hash', { apiKeyHash: HASH.slice(1) }, 'apiKeyHash', /`apiKeyHash` must be the hash of a key/],
    ['an upper-case hash', { apiKeyHash: HASH.toUpperCase() }, 'apiKeyHash', /lower-case/],
    ['a list of hashes', { apiKeyHash: [HASH] }, 'apiKeyHash', /must be the hash/],
    ['a blank user', { userId: ' ' }, 'userId', /`userId` must be the id of a member/],
    ['a slug', { workspaceId: 'production' }, 'workspaceId', /must be the id of a workspace: a UUID/],
    ['another group', { groupBy: 'model' }, 'groupBy', /`groupBy` must be 'workspace'/],
    ['a wire name', { group_by: 'workspace' }, 'group_by', /did you mean `groupBy`\?/],
    ['an unknown name', { constructor: 1 }, 'constructor', /`constructor` is not known/],
    ['a text', '2026-08-24', '', /an object is needed/],
    ['null', null, '', /an object is needed/],
  ])('refuses %s and sends nothing', async (_title, query, property, message) => {
    const server = await answering({ data: [] });
    const { activity } = clientOf(server);
    for (const call of [activity.list(query as never), activity.summarize(query as never)]) {
      const failure = await failureOf(call);
      expect(failure).toBeInstanceOf(OpenRouterValidationException);
      expect(failure).toMatchObject({
        message: expect.stringMatching(message),
        errors: [{ property, constraints: expect.any(Object) }],
      });
    }
    expect(server.requests).toEqual([]);
  });

  it('does not show a key that stands where its hash belongs', async () => {
    const failure = await failureOf(
      clientOf(await answering({})).activity.list({ apiKeyHash: MANAGEMENT_KEY }),
    );
    expect(JSON.stringify(failure) + failure.message).not.toContain('9f8e7d6c');
  });

  it.each([
    [400, OpenRouterBadRequestException],
    [401, OpenRouterUnauthorizedException],
    [403, OpenRouterForbiddenException],
    [404, OpenRouterNotFoundException],
    [500, OpenRouterInternalServerException],
  ])('tells a %i by its class, with the server’s words', async (status, Exception) => {
    const server = await startServer((_request, response) => sendError(response, status, { message: 'Why' }));
    const failure = await failureOf(clientOf(server, { retry: false }).activity.list());
    expect(failure).toBeInstanceOf(Exception);
    expect(failure).toMatchObject({ status, message: 'Why', operation: 'activity.list' });
  });

  it('reads ten thousand rows, and names the one that is wrong', async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => ({ ...ROW, requests: index }));
    let body: object = { data: rows };
    const server = await startServer((_request, response) => sendJson(response, body));
    const { activity } = clientOf(server);
    const items = await activity.list();
    expect(items.map(({ requests }) => requests)).toEqual(rows.map(({ requests }) => requests));
    body = { data: rows.map((row, index) => (index === 9_999 ? { ...row, usage: '1' } : row)) };
    expect(await failureOf(activity.list())).toMatchObject({
      name: 'OpenRouterResponseException',
      path: 'data[9999].usage',
    });
  });
});

describe('summarize', () => {
  it('asks for the same and adds it up', async () => {
    const server = await answering({ data: [ROW, { ...ROW, date: '2025-08-23 00:00:00', usage: 0.1 }] });
    const summary = await clientOf(server).activity.summarize({ apiKeyHash: HASH });
    expect(server.requests.map(({ path }) => path)).toEqual([`/api/v1/activity?api_key_hash=${HASH}`]);
    expect(summary.totals).toMatchObject({ usage: 0.115, byokUsageInference: 0.024, requests: 10 });
    expect(summary.byDay.map(({ date, usage }) => [date?.toISOString(), usage])).toEqual([
      ['2025-08-23T00:00:00.000Z', 0.1],
      ['2025-08-24T00:00:00.000Z', 0.015],
    ]);
    expect(summary).not.toHaveProperty('byWorkspace');
  });

  it('adds workspaces where they are asked for', async () => {
    const server = await answering({ data: [{ ...ROW, workspace_id: WORKSPACE }] });
    const summary = await clientOf(server).activity.summarize({ groupBy: 'workspace' });
    expect(summary.byWorkspace).toMatchObject([{ workspaceId: WORKSPACE, usage: 0.015 }]);
  });

  it('tells its own name in an error', async () => {
    const server = await startServer((_request, response) => sendError(response, 403));
    expect(await failureOf(clientOf(server).activity.summarize())).toMatchObject({
      operation: 'activity.summarize',
    });
  });
});

describe('ActivityQuery behind a ValidationPipe', () => {
  const pipe = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });
  const transform = (value: unknown): Promise<ActivityQuery> =>
    pipe.transform(value, { type: 'query', metatype: ActivityQuery });

  it('makes an instance that the service takes', async () => {
    const server = await answering({ data: [] });
    const query = await transform({ date: '2026-08-24', groupBy: 'workspace' });
    expect(query).toBeInstanceOf(ActivityQuery);
    await clientOf(server).activity.list(query);
    expect(server.requests[0]!.path).toBe('/api/v1/activity?date=2026-08-24&group_by=workspace');
  });

  it('refuses what the service refuses', async () => {
    await expect(transform({ date: '2026-02-31' })).rejects.toMatchObject({
      response: { message: [expect.stringContaining('`date` must be a day')] },
    });
    await expect(transform({ api_key_hash: HASH })).rejects.toMatchObject({ status: 400 });
  });
});
