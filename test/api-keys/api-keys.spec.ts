import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  ApiKeysService,
  OpenRouterForbiddenException,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
  OpenRouterValidationException,
  SecretString,
  type UpdateApiKeyRequest,
} from '../../lib/index.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  API_KEY,
  cleanUp,
  clientOf,
  MANAGEMENT_KEY,
  sendError,
  sendJson,
  startServer,
  type TestServer,
} from '../support/servers.js';
import { HASH, READ_DETAILS, SECRET, wireCurrentKey, wireKey, WORKSPACE } from './support.js';

afterEach(cleanUp);

/** A server that answers everything with one body, and the service on it. */
async function serving(body: string | object): Promise<{ server: TestServer; apiKeys: ApiKeysService }> {
  const server = await startServer((_request, response) => sendJson(response, body));
  return { server, apiKeys: clientOf(server).apiKeys };
}

const bearer = (key: string): string => `Bearer ${key}`;

describe('getCurrent', () => {
  it('reads what a key says of itself, which has neither a hash nor a name', async () => {
    const { server, apiKeys } = await serving({ data: wireCurrentKey() });
    await expect(apiKeys.getCurrent()).resolves.toEqual({
      ...READ_DETAILS,
      isFreeTier: false,
      isManagementKey: false,
      rateLimit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
    });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/api/v1/key' });
  });

  it('asks with `apiKey`, else with `managementKey`, and with the key of the call before both', async () => {
    const { server, apiKeys } = await serving({ data: wireCurrentKey() });
    await apiKeys.getCurrent();
    await clientOf(server, { apiKey: undefined }).apiKeys.getCurrent();
    await apiKeys.getCurrent({ apiKey: SECRET });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
      [API_KEY, MANAGEMENT_KEY, SECRET].map(bearer),
    );
  });

  it('reads what newer servers send', async () => {
    const { apiKeys } = await serving({
      data: wireCurrentKey({
        organization_id: 'org_1',
        workspace_id: WORKSPACE,
        free_model_daily_requests: { limit: 50, remaining: 49, used: 1 },
        allowed_data_regions: ['global', 'moon'],
      }),
    });
    await expect(apiKeys.getCurrent()).resolves.toMatchObject({
      organizationId: 'org_1',
      workspaceId: WORKSPACE,
      freeModelDailyRequests: { limit: 50, remaining: 49, used: 1 },
      allowedDataRegions: ['global', 'moon'],
    });
  });

  it.each<[string, object, boolean | undefined]>([
    ['by its new name', { is_management_key: true, is_provisioning_key: undefined }, true],
    ['by its old name', { is_management_key: undefined, is_provisioning_key: true }, true],
    ['by its new name where they differ', { is_management_key: false, is_provisioning_key: true }, false],
    ['or not at all', { is_management_key: undefined, is_provisioning_key: undefined }, undefined],
  ])('reads whether it is a management key %s', async (_title, members, expected) => {
    const { apiKeys } = await serving({ data: wireCurrentKey(members) });
    expect((await apiKeys.getCurrent()).isManagementKey).toBe(expected);
  });

  it('keeps `null` apart from nothing', async () => {
    const { apiKeys } = await serving({
      data: wireCurrentKey({
        limit: null,
        limit_remaining: null,
        limit_reset: null,
        expires_at: null,
        creator_user_id: undefined,
        organization_id: null,
        free_model_daily_requests: null,
        allowed_data_regions: null,
        rate_limit: undefined,
      }),
    });
    const key = await apiKeys.getCurrent();
    expect(key).toMatchObject({
      limit: null,
      limitRemaining: null,
      limitReset: null,
      expiresAt: null,
      organizationId: null,
    });
    for (const name of ['creatorUserId', 'freeModelDailyRequests', 'allowedDataRegions', 'rateLimit']) {
      expect(key).not.toHaveProperty(name);
    }
  });

  it('takes a remaining limit below 0 for what it is', async () => {
    const { apiKeys } = await serving({ data: wireCurrentKey({ limit_remaining: -0.25 }) });
    expect((await apiKeys.getCurrent()).limitRemaining).toBe(-0.25);
  });

  it('reads a flat answer, as gateways send it', async () => {
    const { apiKeys } = await serving(wireCurrentKey());
    await expect(apiKeys.getCurrent()).resolves.toMatchObject({ usage: 25.5, isFreeTier: false });
  });

  it('never makes up `limit_remaining`', async () => {
    for (const value of [undefined, '1', true, {}]) {
      const { apiKeys } = await serving({ data: wireCurrentKey({ limit_remaining: value }) });
      expect(await failureOf(apiKeys.getCurrent())).toMatchObject({
        name: 'OpenRouterResponseException',
        path: 'data.limit_remaining',
        delivery: 'applied',
      });
    }
  });

  it('knows that nothing can be left of no limit', async () => {
    const { apiKeys } = await serving({ data: wireCurrentKey({ limit: null, limit_remaining: undefined }) });
    await expect(apiKeys.getCurrent()).resolves.toMatchObject({ limit: null, limitRemaining: null });
  });

  it.each([
    ['limit', 'limit'],
    ['usage', 'usage'],
    ['usage_daily', 'usageDaily'],
    ['usage_weekly', 'usageWeekly'],
    ['usage_monthly', 'usageMonthly'],
    ['byok_usage', 'byokUsage'],
    ['byok_usage_daily', 'byokUsageDaily'],
    ['byok_usage_weekly', 'byokUsageWeekly'],
    ['byok_usage_monthly', 'byokUsageMonthly'],
  ])('does without `%s`, which it never makes up', async (name, member) => {
    for (const value of [undefined, '1', true, {}, []]) {
      const { apiKeys } = await serving({ data: wireCurrentKey({ [name]: value }) });
      const key = await apiKeys.getCurrent();
      expect(key).not.toHaveProperty(member);
      expect(key).toMatchObject({ limitRemaining: READ_DETAILS.limitRemaining, isFreeTier: false });
    }
  });

  it('does without anything but what is left of the limit', async () => {
    const { apiKeys } = await serving({ data: { limit_remaining: 5 } });
    await expect(apiKeys.getCurrent()).resolves.toEqual({ limitRemaining: 5 });
  });
});

describe('list', () => {
  it('asks with the management key, and sends what it is given by the names and texts of the wire', async () => {
    const { server, apiKeys } = await serving({ data: [] });
    await apiKeys.list();
    await apiKeys.list({ includeDisabled: true, offset: 100, workspaceId: WORKSPACE });
    await apiKeys.list({ includeDisabled: false, offset: 0 });
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/api/v1/keys',
      `/api/v1/keys?include_disabled=true&offset=100&workspace_id=${WORKSPACE}`,
      '/api/v1/keys?include_disabled=false&offset=0',
    ]);
    expect(server.requests[0]?.headers.authorization).toBe(bearer(MANAGEMENT_KEY));
  });

  it('reads one page', async () => {
    const { server, apiKeys } = await serving({ data: [wireKey({ external_user: 'end-user' })] });
    await expect(apiKeys.list()).resolves.toEqual([
      {
        hash: HASH,
        name: 'tenant-42',
        disabled: false,
        ...READ_DETAILS,
        createdAt: new Date('2025-08-24T10:30:00Z'),
        updatedAt: new Date('2025-08-24T15:45:00Z'),
        workspaceId: WORKSPACE,
        externalUser: 'end-user',
      },
    ]);
    expect(server.requests).toHaveLength(1);
  });

  it('does without whatever is neither the hash nor money', async () => {
    const { hash, limit, limit_remaining, ...members } = wireKey({ limit: null, limit_remaining: null });
    const amounts = Object.entries(members).filter(([name]) => name.includes('usage'));
    const { apiKeys } = await serving({
      data: [{ hash, limit, limit_remaining, ...Object.fromEntries(amounts), shape: { of: 'tomorrow' } }],
    });
    const [key] = await apiKeys.list();
    expect(key).toMatchObject({ hash: HASH, limit: null, usage: 25.5 });
    expect(key).not.toHaveProperty('name');
    expect(key).not.toHaveProperty('shape');
  });

  it.each<[string, unknown, string]>([
    ['no list', { data: {} }, 'data'],
    ['a list of something else', { data: [wireKey(), 'key'] }, 'data[1]'],
    ['a key without a hash', { data: [wireKey(), wireKey({ hash: undefined })] }, 'data[1].hash'],
    ['an empty hash', { data: [wireKey({ hash: '' })] }, 'data[0].hash'],
    ['usage as text', { data: [wireKey({ usage: '25.5' })] }, 'data[0].usage'],
    ['a limit that no double holds', `{"data":[{"hash":"${HASH}","limit":1e999}]}`, 'data[0].limit'],
  ])('refuses %s, with its path', async (_title, body, path) => {
    const { apiKeys } = await serving(body as object);
    expect(await failureOf(apiKeys.list())).toMatchObject({ name: 'OpenRouterResponseException', path });
  });

  it.each<[string, object, string, RegExp]>([
    ['a text for a boolean', { includeDisabled: 'true' }, 'includeDisabled', /must be true or false/],
    ['a negative offset', { offset: -1 }, 'offset', /whole number from 0/],
    ['a broken offset', { offset: 1.5 }, 'offset', /whole number from 0/],
    ['NaN', { offset: NaN }, 'offset', /whole number from 0/],
    ['a slug for an id', { workspaceId: 'production' }, 'workspaceId', /a UUID, and not its slug/],
    ['a limit, which the API has not', { limit: 10 }, 'limit', /`limit` is not known/],
    ['a wire name', { include_disabled: true }, 'include_disabled', /did you mean `includeDisabled`\?/],
  ])('refuses %s and sends nothing', async (_title, query, property, message) => {
    const { server, apiKeys } = await serving({ data: [] });
    const failure = await failureOf(apiKeys.list(query));
    expect(failure).toBeInstanceOf(OpenRouterValidationException);
    expect(failure).toMatchObject({ message: expect.stringMatching(message), errors: [{ property }] });
    expect(server.requests).toEqual([]);
  });
});

describe('get', () => {
  it('asks for one key by its hash', async () => {
    const { server, apiKeys } = await serving({ data: wireKey() });
    await expect(apiKeys.get(HASH)).resolves.toMatchObject({ hash: HASH, usageMonthly: 3.5 });
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: `/api/v1/keys/${HASH}` });
    expect(server.requests[0]?.headers.authorization).toBe(bearer(MANAGEMENT_KEY));
  });

  it.each([undefined, null, '', '..', 'a/b', HASH.toUpperCase(), `${HASH}0`, SECRET])(
    'refuses %p in the place of a hash, in all three that take one',
    async (hash) => {
      const { server, apiKeys } = await serving({ data: wireKey() });
      for (const call of [
        apiKeys.get(hash as never),
        apiKeys.update(hash as never, { disabled: true }),
        apiKeys.delete(hash as never),
      ]) {
        const failure = await failureOf(call);
        expect(failure).toBeInstanceOf(OpenRouterValidationException);
        expect(failure.message).toContain('64 lower-case hexadecimal digits');
        expect(leaksIn(failure, [SECRET])).toEqual([]);
      }
      expect(server.requests).toEqual([]);
    },
  );

  it('tells documented errors by their class', async () => {
    const server = await startServer((_request, response, index) => {
      sendError(response, [401, 403, 404][index] ?? 500);
    });
    const { apiKeys } = clientOf(server, { retry: false });
    await expect(apiKeys.get(HASH)).rejects.toThrow(OpenRouterUnauthorizedException);
    await expect(apiKeys.get(HASH)).rejects.toThrow(OpenRouterForbiddenException);
    await expect(apiKeys.get(HASH)).rejects.toThrow(OpenRouterNotFoundException);
    expect(await failureOf(apiKeys.get(HASH))).toMatchObject({ status: 500, operation: 'apiKeys.get' });
  });
});

describe('update', () => {
  it('keeps what is undefined, and clears what is null', async () => {
    const { server, apiKeys } = await serving({ data: wireKey({ limit: null, limit_reset: null }) });
    await expect(
      apiKeys.update(HASH, { name: undefined, limit: null, limitReset: null }),
    ).resolves.toMatchObject({ limit: null, limitReset: null });
    expect(server.requests[0]).toMatchObject({
      method: 'PATCH',
      path: `/api/v1/keys/${HASH}`,
      body: '{"limit":null,"limit_reset":null}',
    });
    expect(server.requests[0]?.headers.authorization).toBe(bearer(MANAGEMENT_KEY));
  });

  it('sends everything that can be changed by its name on the wire', async () => {
    const { server, apiKeys } = await serving({ data: wireKey() });
    await apiKeys.update(HASH, {
      name: 'new',
      disabled: true,
      limit: 0,
      limitReset: 'weekly',
      includeByokInLimit: false,
    });
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      name: 'new',
      disabled: true,
      limit: 0,
      limit_reset: 'weekly',
      include_byok_in_limit: false,
    });
  });

  it.each(['expiresAt', 'workspaceId', 'creatorUserId', 'hash', 'usage', 'label'])(
    'tells that `%s` cannot be changed, and sends nothing',
    async (name) => {
      const { server, apiKeys } = await serving({ data: wireKey() });
      for (const value of ['2030-01-01T00:00:00Z', null]) {
        const failure = await failureOf(apiKeys.update(HASH, { limit: 5, [name]: value }));
        expect(failure).toMatchObject({
          name: 'OpenRouterValidationException',
          message:
            `apiKeys.update: \`${name}\` cannot be changed; only \`name\`, \`disabled\`, \`limit\`, \`limitReset\`, ` +
            '`includeByokInLimit` can. Nothing was sent.',
          errors: [{ property: name, constraints: { rule: expect.stringContaining('cannot be changed') } }],
        });
      }
      expect(server.requests).toEqual([]);
    },
  );

  it.each([
    ['limit_reset', 'limitReset'],
    ['limitt', 'limit'],
    ['Disabled', 'disabled'],
    ['includeBYOKInLimit', 'includeByokInLimit'],
  ])('asks whether `%s` is meant to be `%s`', async (name, meant) => {
    const { server, apiKeys } = await serving({ data: wireKey() });
    expect(await failureOf(apiKeys.update(HASH, { [name]: null }))).toMatchObject({
      name: 'OpenRouterValidationException',
      message: `apiKeys.update: \`${name}\` is not known; did you mean \`${meant}\`? Nothing was sent.`,
      errors: [{ property: name }],
    });
    expect(server.requests).toEqual([]);
  });

  it.each<UpdateApiKeyRequest>([{}, { name: undefined }, { limit: undefined, disabled: undefined }])(
    'refuses %j, which changes nothing',
    async (request) => {
      const { server, apiKeys } = await serving({ data: wireKey() });
      expect(await failureOf(apiKeys.update(HASH, request))).toMatchObject({
        name: 'OpenRouterValidationException',
        message:
          'apiKeys.update: there is nothing to change; give one of `name`, `disabled`, `limit`, `limitReset`, ' +
          '`includeByokInLimit`. Nothing was sent.',
        errors: [{ property: '' }],
      });
      expect(server.requests).toEqual([]);
    },
  );

  it.each<[string, object, string]>([
    ['null as name', { name: null }, 'name'],
    ['a blank name', { name: ' ' }, 'name'],
    ['null for a boolean', { disabled: null }, 'disabled'],
    ['a negative limit', { limit: -0.01 }, 'limit'],
    ['a limit as text', { limit: '5' }, 'limit'],
    ['an unknown reset', { limitReset: 'yearly' }, 'limitReset'],
    ['null for the other boolean', { includeByokInLimit: null }, 'includeByokInLimit'],
  ])('refuses %s and sends nothing', async (_title, request, property) => {
    const { server, apiKeys } = await serving({ data: wireKey() });
    expect(await failureOf(apiKeys.update(HASH, request as UpdateApiKeyRequest))).toMatchObject({
      name: 'OpenRouterValidationException',
      errors: [{ property }],
    });
    expect(server.requests).toEqual([]);
  });

  it.each([undefined, null, 5, 'limit', []])('refuses %p in the place of a change', async (request) => {
    const { server, apiKeys } = await serving({ data: wireKey() });
    await expect(apiKeys.update(HASH, request as never)).rejects.toThrow(/an object is needed/);
    expect(server.requests).toEqual([]);
  });

  it('is sent again after a failure, since that changes nothing', async () => {
    const server = await startServer((_request, response, index) => {
      if (index === 0) sendError(response, 503);
      else sendJson(response, { data: wireKey({ disabled: true }) });
    });
    const { apiKeys } = clientOf(server);
    await expect(apiKeys.update(HASH, { disabled: true })).resolves.toMatchObject({ disabled: true });
    expect(server.requests.map(({ body }) => body)).toEqual(['{"disabled":true}', '{"disabled":true}']);
  });
});

describe('delete', () => {
  it('resolves with nothing', async () => {
    const { server, apiKeys } = await serving({ deleted: true });
    await expect(apiKeys.delete(HASH)).resolves.toBeUndefined();
    expect(server.requests[0]).toMatchObject({
      method: 'DELETE',
      path: `/api/v1/keys/${HASH}`,
      body: '',
    });
    expect(server.requests[0]?.headers.authorization).toBe(bearer(MANAGEMENT_KEY));
  });

  it.each([200, 204])('takes a %i without a body for done', async (status) => {
    const server = await startServer((_request, response) => response.writeHead(status).end());
    await expect(clientOf(server).apiKeys.delete(HASH)).resolves.toBeUndefined();
    expect(server.requests).toHaveLength(1);
  });

  it.each([{ deleted: false }, { deleted: null }, { deleted: 'no' }])(
    'does not take %j for a deletion',
    async (body) => {
      const { apiKeys } = await serving(body);
      expect(await failureOf(apiKeys.delete(HASH))).toMatchObject({
        name: 'OpenRouterResponseException',
        path: 'deleted',
      });
    },
  );

  it('takes a 404 after a lost answer for done, and a 404 at once for one', async () => {
    const server = await startServer((_request, response, index) => {
      if (index === 0) response.destroy();
      else sendError(response, 404);
    });
    const { apiKeys } = clientOf(server);
    await expect(apiKeys.delete(HASH)).resolves.toBeUndefined();
    expect(server.requests).toHaveLength(2);
    await expect(apiKeys.delete(HASH)).rejects.toThrow(OpenRouterNotFoundException);
  });
});

describe('hashOf', () => {
  it('computes the hash that OpenRouter knows a key by', () => {
    const key = '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';
    const hash = createHash('sha256').update(key).digest('hex');
    expect(ApiKeysService.hashOf(key)).toBe(hash);
    expect(ApiKeysService.hashOf(new SecretString(key))).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    undefined,
    null,
    5,
    '',
    ' ',
    ` ${SECRET}`,
    `Bearer ${SECRET}`,
    `"${SECRET}"`,
    new SecretString(''),
  ])('refuses %p, and does not show it', (key) => {
    try {
      ApiKeysService.hashOf(key as never);
    } catch (error) {
      expect(error).toBeInstanceOf(OpenRouterValidationException);
      expect(error).toMatchObject({ errors: [{ property: 'key' }] });
      expect(leaksIn(error, [SECRET])).toEqual([]);
      return;
    }
    throw new Error('it was accepted');
  });
});
