import { afterEach, describe, expect, it } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import {
  type BudgetInterval,
  type BudgetsService,
  OpenRouterBadRequestException,
  OpenRouterForbiddenException,
  OpenRouterInternalServerException,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
  OpenRouterValidationException,
  SetBudgetRequest,
} from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { cleanUp, clientOf, MANAGEMENT_KEY, sendError, sendJson, startServer } from '../support/servers.js';

afterEach(cleanUp);

const WORKSPACE = '550e8400-e29b-41d4-a716-446655440000';
const WIRE = {
  created_at: '2025-08-24T10:30:00Z',
  id: '770e8400-e29b-41d4-a716-446655440000',
  limit_usd: 100,
  reset_interval: 'monthly',
  updated_at: '2025-08-24T15:45:00Z',
  workspace_id: WORKSPACE,
};
const BUDGET = {
  id: WIRE.id,
  workspaceId: WORKSPACE,
  limitUsd: 100,
  interval: 'monthly',
  createdAt: new Date(WIRE.created_at),
  updatedAt: new Date(WIRE.updated_at),
};

function answering(body: object) {
  return startServer((_request, response) => sendJson(response, body));
}

type Call = (budgets: BudgetsService) => Promise<unknown>;

const CALLS: readonly [string, string, string, Call][] = [
  ['list', 'GET', '/workspaces/production/budgets', (budgets) => budgets.list('production')],
  ['get', 'GET', '/workspaces/production/budgets/daily', (budgets) => budgets.get('production', 'daily')],
  [
    'set',
    'PUT',
    '/workspaces/production/budgets/weekly',
    (budgets) => budgets.set('production', 'weekly', { limitUsd: 5 }),
  ],
  [
    'delete',
    'DELETE',
    '/workspaces/production/budgets/lifetime',
    (budgets) => budgets.delete('production', 'lifetime'),
  ],
];

describe.each(CALLS)('%s', (name, method, path, call) => {
  it('sends what the API expects, with the management key', async () => {
    const server = await answering({ data: name === 'list' ? [WIRE] : WIRE, deleted: true });
    await call(clientOf(server).budgets);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      method,
      path: `/api/v1${path}`,
      body: name === 'set' ? '{"limit_usd":5}' : '',
    });
    expect(server.requests[0]!.headers['authorization']).toBe(`Bearer ${MANAGEMENT_KEY}`);
  });

  it.each([
    [400, OpenRouterBadRequestException],
    [401, OpenRouterUnauthorizedException],
    [403, OpenRouterForbiddenException],
    [404, OpenRouterNotFoundException],
    [500, OpenRouterInternalServerException],
  ])('tells a %i by its class, with the server’s words', async (status, Exception) => {
    const server = await startServer((_request, response) => sendError(response, status, { message: 'Why' }));
    const failure = await failureOf(call(clientOf(server, { retry: false }).budgets));
    expect(failure).toBeInstanceOf(Exception);
    expect(failure).toMatchObject({ status, message: 'Why', operation: `budgets.${name}` });
  });

  it('is sent again after a failure that may pass', async () => {
    const server = await startServer((_request, response, index) =>
      index === 0
        ? sendError(response, 503)
        : sendJson(response, { data: name === 'list' ? [WIRE] : WIRE, deleted: true }),
    );
    await call(clientOf(server).budgets);
    expect(server.requests.map(({ body }) => body)).toEqual(
      name === 'set' ? ['{"limit_usd":5}', '{"limit_usd":5}'] : ['', ''],
    );
  });
});

describe('a budget', () => {
  it('is read in full', async () => {
    const server = await answering({ data: WIRE, include_byok_in_budgets: true });
    await expect(clientOf(server).budgets.get('production', 'monthly')).resolves.toStrictEqual({
      ...BUDGET,
      includeByokInBudgets: true,
    });
  });

  it('is a lifetime one where it never resets; an interval that is missing or new is not guessed', async () => {
    const intervals = [null, 'hourly', undefined, 5];
    const server = await answering({
      data: intervals.map((reset_interval) => ({ ...WIRE, reset_interval })),
    });
    const budgets = await clientOf(server).budgets.list(WORKSPACE);
    expect(budgets.map(({ interval }) => interval)).toEqual(['lifetime', 'hourly', undefined, undefined]);
    expect(Object.keys(budgets[2]!)).not.toContain('interval');
  });

  it('knows the setting of its workspace, where it is told', async () => {
    const include = async (body: object) =>
      (await clientOf(await answering(body)).budgets.list('production')).map(
        ({ includeByokInBudgets }) => includeByokInBudgets,
      );
    expect(await include({ data: [WIRE, WIRE], include_byok_in_budgets: false })).toEqual([false, false]);
    expect(await include({ data: [WIRE] })).toEqual([undefined]);
    expect(await include([WIRE])).toEqual([undefined]);
    expect(await include({ data: [], include_byok_in_budgets: true })).toEqual([]);
  });

  it('needs an id and a limit, and nothing else', async () => {
    let data: unknown[] = [{ id: 'b-1', limit_usd: 0.5 }];
    const server = await startServer((_request, response) => sendJson(response, { data }));
    const { budgets } = clientOf(server);
    await expect(budgets.list('production')).resolves.toStrictEqual([{ id: 'b-1', limitUsd: 0.5 }]);
    for (const [name, value] of [
      ['id', undefined],
      ['id', ''],
      ['limit_usd', undefined],
      ['limit_usd', null],
      ['limit_usd', '100'],
    ] as const) {
      data = [WIRE, { ...WIRE, [name]: value }];
      expect(await failureOf(budgets.list('production'))).toMatchObject({
        name: 'OpenRouterResponseException',
        path: `data[1].${name}`,
      });
    }
  });

  it('is set with the words of the wire', async () => {
    const server = await answering({ data: { ...WIRE, limit_usd: 12.5, reset_interval: null } });
    const request = { limitUsd: 12.5, includeByokInBudgets: false };
    await expect(clientOf(server).budgets.set('production', 'lifetime', request)).resolves.toMatchObject({
      limitUsd: 12.5,
      interval: 'lifetime',
    });
    expect(JSON.parse(server.requests[0]!.body)).toEqual({
      limit_usd: 12.5,
      include_byok_in_budgets: false,
    });
  });

  it('is refused in the server’s words where it breaks the order of the intervals', async () => {
    const message = 'Budget limits must strictly decrease: weekly ($500) must be below monthly ($100).';
    const server = await startServer((_request, response) => sendError(response, 400, { message }));
    const failure = await failureOf(clientOf(server).budgets.set('production', 'weekly', { limitUsd: 500 }));
    expect(failure).toBeInstanceOf(OpenRouterBadRequestException);
    expect(failure).toMatchObject({ message, delivery: 'rejected' });
    expect(server.requests).toHaveLength(1);
  });

  it('is deleted without a word', async () => {
    const server = await answering({ deleted: true });
    await expect(clientOf(server).budgets.delete('production', 'daily')).resolves.toBeUndefined();
  });

  it('is deleted where an attempt without an answer may have deleted it', async () => {
    const server = await startServer((_request, response, index) =>
      index === 0 ? response.destroy() : sendError(response, 404),
    );
    await expect(clientOf(server).budgets.delete('production', 'daily')).resolves.toBeUndefined();
  });
});

describe('what is refused before anything is sent', () => {
  it.each([undefined, null, 5, '', ' ', '..', 'a/b', 'a?b', '%2e%2e', `${WORKSPACE}\n`])(
    'is %j as a workspace',
    async (workspace) => {
      const server = await answering({});
      const { budgets } = clientOf(server);
      const bad = workspace as string;
      for (const call of [
        budgets.list(bad),
        budgets.get(bad, 'daily'),
        budgets.set(bad, 'daily', { limitUsd: 1 }),
        budgets.delete(bad, 'daily'),
      ]) {
        expect(await failureOf(call)).toMatchObject({
          name: 'OpenRouterValidationException',
          errors: [{ property: 'workspace' }],
        });
      }
      expect(server.requests).toEqual([]);
    },
  );

  it.each([undefined, null, 'yearly', 'Daily', ''])('is %j as an interval', async (interval) => {
    const server = await answering({});
    const { budgets } = clientOf(server);
    const bad = interval as BudgetInterval;
    for (const call of [
      budgets.get('w', bad),
      budgets.set('w', bad, { limitUsd: 1 }),
      budgets.delete('w', bad),
    ]) {
      expect(await failureOf(call)).toMatchObject({ errors: [{ property: 'interval' }] });
    }
    expect(server.requests).toEqual([]);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no limit', {}, 'limitUsd', /`limitUsd` must be a number of US dollars/],
    ['a limit of 0', { limitUsd: 0 }, 'limitUsd', /`limitUsd` must be above 0/],
    ['a negative limit', { limitUsd: -1 }, 'limitUsd', /above 0/],
    ['NaN', { limitUsd: NaN }, 'limitUsd', /must be a number/],
    ['Infinity', { limitUsd: Infinity }, 'limitUsd', /must be a number/],
    ['null', { limitUsd: null }, 'limitUsd', /must be a number/],
    ['a text', { limitUsd: '5' }, 'limitUsd', /must be a number/],
    ['no flag', { limitUsd: 5, includeByokInBudgets: 'yes' }, 'includeByokInBudgets', /true or false/],
    ['null as a flag', { limitUsd: 5, includeByokInBudgets: null }, 'includeByokInBudgets', /true or false/],
    ['a wire name', { limitUsd: 5, limit_usd: 5 }, 'limit_usd', /did you mean `limitUsd`\?/],
    ['nothing', undefined, '', /an object is needed/],
    ['null as a request', null, '', /an object is needed/],
    ['a number', 5, '', /an object is needed/],
  ])('is %s in a request', async (_title, request, property, message) => {
    const server = await answering({});
    const failure = await failureOf(clientOf(server).budgets.set('w', 'daily', request as never));
    expect(failure).toBeInstanceOf(OpenRouterValidationException);
    expect(failure).toMatchObject({ message: expect.stringMatching(message), errors: [{ property }] });
    expect(server.requests).toEqual([]);
  });

  it('is refused behind a ValidationPipe, too', async () => {
    const pipe = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });
    const transform = (value: unknown): Promise<unknown> =>
      pipe.transform(value, { type: 'body', metatype: SetBudgetRequest });
    await expect(transform({ limitUsd: 5 })).resolves.toBeInstanceOf(SetBudgetRequest);
    await expect(transform({ limitUsd: 0 })).rejects.toMatchObject({
      response: { message: [expect.stringContaining('`limitUsd` must be above 0')] },
    });
  });

  it('is no amount made of something else by the implicit conversion of a ValidationPipe', async () => {
    const pipe = new ValidationPipe({
      transformOptions: { enableImplicitConversion: true },
      transform: true,
    });
    const transform = (limitUsd: unknown): Promise<unknown> =>
      pipe.transform({ limitUsd }, { type: 'body', metatype: SetBudgetRequest });
    for (const limitUsd of [true, [7], '', 'x', new Date(7), null]) {
      await expect(transform(limitUsd)).rejects.toMatchObject({ status: 400 });
    }
    await expect(transform('5')).resolves.toMatchObject({ limitUsd: 5 });
    await expect(transform(5)).resolves.toMatchObject({ limitUsd: 5 });
  });
});
