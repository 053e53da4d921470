import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, type DynamicModule, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { judgeKeys, type KeyFindings } from '../../lib/api-keys/key-verification.js';
import { markOtherOrigin } from '../../lib/errors/answer-origin.js';
import {
  getOpenRouterClientToken,
  OPENROUTER_OPTIONS,
  OpenRouterBadGatewayException,
  OpenRouterClient,
  OpenRouterConfigException,
  OpenRouterForbiddenException,
  OpenRouterModule,
  type OpenRouterModuleOptions,
  OpenRouterNotFoundException,
  OpenRouterUnauthorizedException,
} from '../../lib/index.js';
import { proxyEnvironment } from '../support/environment.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import { lookingUp, lookupError } from '../support/lookup.js';
import {
  type Answer,
  API_KEY,
  cleanUp,
  closedPort,
  MANAGEMENT_KEY,
  sendError,
  sendJson,
  startRawServer,
  startServer,
  type TestServer,
} from '../support/servers.js';
import { timed, until } from '../support/waiting.js';
import { wireCurrentKey } from './support.js';

const warnings: string[] = [];
const apps: TestingModule[] = [];

class Warnings extends ConsoleLogger {
  override log(): void {
    // Not what is looked for.
  }

  override warn(message: string): void {
    warnings.push(message);
  }

  override error(message: unknown): void {
    warnings.push(String(message));
  }
}

beforeEach(() => {
  warnings.length = 0;
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await cleanUp();
});

async function boot(...imports: DynamicModule[]): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports }).setLogger(new Warnings()).compile();
  apps.push(app);
  return app.init();
}

function options(
  server: Pick<TestServer, 'baseUrl'>,
  own: OpenRouterModuleOptions = {},
): OpenRouterModuleOptions {
  return {
    apiKey: API_KEY,
    managementKey: MANAGEMENT_KEY,
    baseUrl: server.baseUrl,
    verifyKeysOnBootstrap: true,
    retry: { initialDelayMs: 1, maxDelayMs: 2, maxRetries: 1 },
    timeoutMs: 1_000,
    ...own,
  };
}

/** A server that knows which keys are management keys, and refuses those that it does not know. */
function account(isManagement: Record<string, boolean | undefined>): Promise<TestServer> {
  return startServer(({ headers }, response) => {
    const key = String(headers.authorization).replace('Bearer ', '');
    if (!(key in isManagement)) {
      sendError(response, 401, { message: `User not found. ${key}` });
      return;
    }
    const kind = isManagement[key];
    sendJson(response, { data: wireCurrentKey({ is_management_key: kind, is_provisioning_key: kind }) });
  });
}

const GOOD = { [API_KEY]: false, [MANAGEMENT_KEY]: true };

/** What stops the boot; it is a configuration exception that shows no key, and no socket is left open. */
async function stopOf(server: TestServer, own?: OpenRouterModuleOptions): Promise<string> {
  const failure = await failureOf(boot(OpenRouterModule.forRoot(options(server, own))));
  expect(failure).toBeInstanceOf(OpenRouterConfigException);
  expect(leaksIn(failure, [API_KEY, MANAGEMENT_KEY])).toEqual([]);
  expect(warnings.join('\n')).not.toContain('could not be verified');
  await until(() => server.sockets.every(({ destroyed }) => destroyed));
  return failure.message;
}

describe('verifyKeysOnBootstrap', () => {
  it('asks about each key that is set, and boots with good ones', async () => {
    const server = await account(GOOD);
    const app = await boot(OpenRouterModule.forRoot(options(server)));
    expect(server.requests.map(({ method, path, headers }) => [method, path, headers.authorization])).toEqual(
      expect.arrayContaining([
        ['GET', '/api/v1/key', `Bearer ${API_KEY}`],
        ['GET', '/api/v1/key', `Bearer ${MANAGEMENT_KEY}`],
      ]),
    );
    expect(server.requests).toHaveLength(2);
    expect(warnings).toEqual([]);
    expect(app.get(OPENROUTER_OPTIONS)).toMatchObject({ verifyKeysOnBootstrap: true });
    await expect(app.get(OpenRouterClient).apiKeys.getCurrent()).resolves.toMatchObject({ usage: 25.5 });
  });

  it.each([undefined, false])('asks nothing where it is %p', async (verifyKeysOnBootstrap) => {
    const server = await account({});
    await boot(OpenRouterModule.forRoot(options(server, { verifyKeysOnBootstrap })));
    expect(server.requests).toEqual([]);
  });

  it('takes any key that is alone, a management key as `apiKey` included', async () => {
    for (const own of [
      { apiKey: API_KEY, managementKey: undefined },
      { apiKey: MANAGEMENT_KEY, managementKey: undefined },
      { apiKey: undefined, managementKey: MANAGEMENT_KEY },
    ]) {
      const server = await account(GOOD);
      await boot(OpenRouterModule.forRoot(options(server, own)));
      expect(server.requests).toHaveLength(1);
    }
    expect(warnings).toEqual([]);
  });

  it('stops the boot for a key that is refused, by the name of its option', async () => {
    expect(await stopOf(await account({ [MANAGEMENT_KEY]: true }))).toMatch(
      /^OpenRouterModule\.forRoot, `verifyKeysOnBootstrap`: `apiKey` is refused by OpenRouter \(401 "User not found\. \[redacted\]"\); check that the key is complete/,
    );
    expect(await stopOf(await account({ [API_KEY]: false }))).toContain('`managementKey` is refused');
    const both = await stopOf(await account({}));
    expect(both).toContain('`apiKey` is refused');
    expect(both).toContain('`managementKey` is refused');
  });

  it('stops the boot for a 403', async () => {
    const server = await startServer((_request, response) =>
      sendError(response, 403, { message: 'Forbidden' }),
    );
    expect(await stopOf(server)).toContain('(403 "Forbidden")');
  });

  const page =
    (status: number, headers: Record<string, string> = {}): Answer =>
    (_request, response) =>
      sendJson(response, '<html><title>Blocked</title></html>', status, {
        'content-type': 'text/html',
        ...headers,
      });

  it.each<[string, Answer, RegExp]>([
    ['401 as a page', page(401), /has not the shape of OpenRouter's/],
    ['403 as a page', page(403), /has not the shape of OpenRouter's: it is one of a proxy/],
    [
      '403 as JSON of another shape',
      (_request, response) => sendJson(response, { error: 'blocked', message: 'by policy' }, 403),
      /has not the shape of OpenRouter's/,
    ],
    ['407', page(407), /A proxy asks for credentials: set `axios\.proxy\.auth`/],
    ['a page', page(200), /check that `baseUrl` is the URL of the API, with its version path/],
    ['a page of nothing', page(204), /check that `baseUrl` is the URL of the API/],
  ])('does not blame the key, and boots, for %s', async (_title, answer, advice) => {
    const server = await startServer(answer);
    await boot(OpenRouterModule.forRoot(options(server)));
    expect(warnings).toHaveLength(2);
    for (const [index, option] of ['apiKey', 'managementKey'].entries()) {
      expect(warnings[index]).toContain(`\`${option}\` could not be verified, and is used all the same.`);
      expect(warnings[index]).toContain(`GET ${server.baseUrl}/key was asked.`);
      expect(warnings[index]).toMatch(advice);
      // Whatever the answer says ends before the next sentence begins.
      expect(warnings[index]).toMatch(/[.?!] GET http/);
      expect(warnings[index]).not.toContain('is refused by OpenRouter');
    }
  });

  it('does not blame the key, and boots, where a proxy refuses to connect', async () => {
    const asked: string[] = [];
    const proxy = await startRawServer((socket, head) => {
      asked.push(head.split('\r\n')[0]!);
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 7\r\n\r\nblocked');
    });
    const axios = { proxy: { host: '127.0.0.1', port: proxy.port, protocol: 'http' } };
    await boot(OpenRouterModule.forRoot(options({ baseUrl: 'https://api.invalid/api/v1' }, { axios })));
    expect(asked).toHaveLength(2);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(
      /`apiKey` could not be verified.*GET https:\/\/api\.invalid\/api\/v1\/key was asked/s,
    );
    expect(warnings[0]).toContain('it is one of a proxy, a firewall or a gateway on the way');
  });

  it.each<[string, Answer]>([
    ['404', (_request, response) => sendError(response, 404)],
    ['404 as a page', page(404)],
    ['405', page(405)],
  ])(
    'stops the boot for a `baseUrl` that answers %s, and names what was asked and what to do',
    async (title, answer) => {
      const server = await startServer(answer);
      const message = await stopOf(server);
      expect(message).toContain(`GET ${server.baseUrl}/key is answered with ${title.slice(0, 3)}`);
      expect(message).toContain(
        "there is no API below `baseUrl`. Check its path: OpenRouter's own is https://openrouter.ai/api/v1",
      );
      expect(message.split('GET ')).toHaveLength(2);
    },
  );

  it.each([301, 308])('stops the boot for a `baseUrl` that has moved for good (%d)', async (status) => {
    const location = `https://elsewhere.test/api/v1/key?key=${API_KEY}`;
    const server = await startServer(page(status, { location }));
    const message = await stopOf(server);
    expect(message).toContain(
      `GET ${server.baseUrl}/key is answered with a redirect to https://elsewhere.test/api/v1/key (${status}), which is not followed`,
    );
    expect(message).toContain('Check its path');
  });

  it('stops the boot for a redirect that leads nowhere', async () => {
    const server = await startServer(page(308));
    expect(await stopOf(server)).toContain('is answered with a redirect (308), which is not followed');
    expect(await stopOf(await startServer(page(308, { location: 'http://' })))).toContain(
      'a redirect to nowhere (308)',
    );
  });

  it('tells that a proxy of the environment is not used where the host cannot be reached', async () => {
    const restore = proxyEnvironment({ https_proxy: 'http://user:hunter2@proxy.test:3128' });
    try {
      const { lookup } = lookingUp(() => lookupError('ENOTFOUND'));
      const own = { axios: { lookup }, retry: false as const };
      await boot(OpenRouterModule.forRoot(options({ baseUrl: 'https://api.test/api/v1' }, own)));
      expect(warnings).toHaveLength(2);
      expect(warnings[0]).toContain(
        'the host name is unknown; check `baseUrl` (ENOTFOUND). `https_proxy` is set',
      );
      expect(warnings[0]).toContain('set `axios.proxy`, or an agent as `axios.httpsAgent`');
      expect(warnings.join()).not.toContain('hunter2');
    } finally {
      restore();
    }
  });

  it('stops the boot for an ordinary key as `managementKey`', async () => {
    const own = { apiKey: undefined, managementKey: API_KEY };
    expect(await stopOf(await account(GOOD), own)).toMatch(
      /`managementKey` is an ordinary key, .* make a management key at https:\/\/openrouter\.ai\/settings\/management-keys, or give this one as `apiKey`\.$/,
    );
  });

  it('stops the boot for a management key as `apiKey` beside a `managementKey`', async () => {
    const server = await account({ [API_KEY]: true, [MANAGEMENT_KEY]: true });
    expect(await stopOf(server)).toMatch(
      /`apiKey` is a management key, which cannot call completions; give an ordinary key, or leave it out/,
    );
    expect(await stopOf(server, { apiKey: MANAGEMENT_KEY })).toContain('`apiKey` is a management key');
  });

  it('tells of swapped keys at once', async () => {
    const message = await stopOf(await account(GOOD), { apiKey: MANAGEMENT_KEY, managementKey: API_KEY });
    expect(message).toContain('`apiKey` is a management key');
    expect(message).toContain('`managementKey` is an ordinary key');
  });

  it('knows a management key by its former name', async () => {
    const server = await startServer((_request, response) => {
      sendJson(response, { data: { is_provisioning_key: false } });
    });
    expect(await stopOf(server, { apiKey: undefined })).toContain('`managementKey` is an ordinary key');
  });

  const unusable: [string, Answer][] = [
    ['500', (_request, response) => sendError(response, 500)],
    ['529', (_request, response) => sendError(response, 529)],
    ['429', (_request, response) => sendError(response, 429)],
    ['429 for long', (_request, response) => sendError(response, 429, {}, { 'retry-after': 3_600 })],
    ['a redirect', (_request, response) => sendJson(response, '', 302, { location: 'http://127.0.0.1:1/' })],
    ['a list', (_request, response) => sendJson(response, [])],
    ['a reset', (_request, response) => response.destroy()],
    ['nothing at all', () => undefined],
    [
      'a 403 about money',
      (_request, response) =>
        sendError(response, 403, {
          message: 'Key limit exceeded (daily limit).',
          metadata: { limit_source: 'openrouter_key_limit' },
        }),
    ],
  ];

  it.each(unusable)('only warns where the API answers %s', async (_title, answer) => {
    const server = await startServer(answer);
    await boot(OpenRouterModule.forRoot(options(server, { timeoutMs: 50, deadlineMs: 150 })));
    expect(warnings).toEqual([
      expect.stringMatching(
        /^OpenRouterModule\.forRoot, `verifyKeysOnBootstrap`: `apiKey` could not be verified/,
      ),
      expect.stringContaining('`managementKey` could not be verified, and is used all the same. '),
    ]);
    expect(leaksIn(warnings, [API_KEY, MANAGEMENT_KEY])).toEqual([]);
  });

  it('only warns where nobody listens, and where the answer does not tell the kind of a key', async () => {
    const baseUrl = `http://127.0.0.1:${await closedPort()}/api/v1`;
    await boot(OpenRouterModule.forRoot(options({ baseUrl })));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('the connection was refused');

    warnings.length = 0;
    await boot(
      OpenRouterModule.forRoot(options(await account({ [API_KEY]: undefined, [MANAGEMENT_KEY]: true }))),
    );
    expect(warnings).toEqual([
      expect.stringContaining('`apiKey` works, but OpenRouter did not tell whether it is a management key.'),
    ]);
  });

  it('asks about both keys at the same time, within one deadline', async () => {
    const server = await startServer(() => undefined);
    const { stalledMs, waitedMs } = await timed(() =>
      boot(OpenRouterModule.forRoot(options(server, { timeoutMs: 5_000, deadlineMs: 400, retry: false }))),
    );
    expect(waitedMs).toBeLessThan(2_000);
    expect(server.requests).toHaveLength(2);
    // One after the other they would be as far apart as the deadline is long.
    expect(server.requests[1]!.at - server.requests[0]!.at - stalledMs).toBeLessThan(350);
    expect(warnings).toHaveLength(2);
  });

  it('asks key functions, and stops the boot for one that fails', async () => {
    const server = await account(GOOD);
    await boot(OpenRouterModule.forRoot(options(server, { apiKey: () => Promise.resolve(API_KEY) })));
    expect(server.requests).toHaveLength(2);
    const failing = (): string => {
      throw new Error(`no vault for ${MANAGEMENT_KEY}`);
    };
    expect(await stopOf(await account(GOOD), { managementKey: failing })).toMatch(
      /`verifyKeysOnBootstrap`: The function given as `managementKey` failed: no vault for \[redacted\]/,
    );
  });

  it('works for each account, from a factory', async () => {
    const server = await account(GOOD);
    const registration = (own: OpenRouterModuleOptions): DynamicModule =>
      OpenRouterModule.forRootAsync({ name: 'eu', useFactory: () => options(server, own) });
    const app = await boot(registration({}));
    expect(app.get<OpenRouterClient>(getOpenRouterClientToken('eu')).options.verifyKeysOnBootstrap).toBe(
      true,
    );
    expect(server.requests).toHaveLength(2);
    await expect(boot(registration({ managementKey: 'sk-or-v1-unknown' }))).rejects.toThrow(
      /^OpenRouterModule\.forRootAsync \(account 'eu'\), `verifyKeysOnBootstrap`: `managementKey` is refused/,
    );
  });

  it('works for modules that are loaded lazily', async () => {
    const server = await account({ [API_KEY]: false });
    @Module({ imports: [OpenRouterModule.forRoot(options(server))] })
    class BillingModule {}
    const app = await boot();
    const load = app.get(LazyModuleLoader).load(() => BillingModule);
    await expect(load).rejects.toThrow(/`managementKey` is refused/);
    expect(server.requests).toHaveLength(2);
  });

  it('is refused where there is no boot, rather than do nothing', () => {
    const make = (verifyKeysOnBootstrap: unknown) => () =>
      new OpenRouterClient({ apiKey: API_KEY, verifyKeysOnBootstrap } as OpenRouterModuleOptions);
    expect(make(true)).toThrow(OpenRouterConfigException);
    expect(make(true)).toThrow(/`verifyKeysOnBootstrap` works in OpenRouterModule only/);
    expect(make(false)).not.toThrow();
    expect(make('yes')).toThrow(/`verifyKeysOnBootstrap` must be true or false/);
  });
});

describe('the verdict on keys', () => {
  const refused = { error: new OpenRouterUnauthorizedException({ message: 'no' }) };
  const forbidden = { error: new OpenRouterForbiddenException({ message: 'no' }) };
  const spent = {
    error: new OpenRouterForbiddenException({ message: 'no', limitSource: 'openrouter_key_limit' }),
  };
  const blocked = { error: markOtherOrigin(new OpenRouterForbiddenException({ message: 'no' })) };
  const absent = { error: new OpenRouterNotFoundException({ message: 'no' }) };
  const down = { error: new OpenRouterBadGatewayException({ message: 'no' }) };
  const management = { isManagementKey: true };
  const ordinary = { isManagementKey: false };
  const untold = { isManagementKey: undefined };

  it.each<[string, KeyFindings, number, number]>([
    ['api: ordinary', { api: ordinary }, 0, 0],
    ['api: management', { api: management }, 0, 0],
    ['api: untold', { api: untold }, 0, 0],
    ['api: refused', { api: refused }, 1, 0],
    ['api: forbidden', { api: forbidden }, 1, 0],
    ['api: spent', { api: spent }, 0, 1],
    ['api: blocked', { api: blocked }, 0, 1],
    ['api: absent', { api: absent }, 1, 0],
    ['api: absent, management: absent', { api: absent, management: absent }, 1, 0],
    ['api: down', { api: down }, 0, 1],
    ['management', { management }, 0, 0],
    ['management: ordinary', { management: ordinary }, 1, 0],
    ['management: untold', { management: untold }, 0, 1],
    ['management: refused', { management: refused }, 1, 0],
    ['management: down', { management: down }, 0, 1],
    ['api: ordinary, management', { api: ordinary, management }, 0, 0],
    ['api: management, management', { api: management, management }, 1, 0],
    ['api: management, management: ordinary', { api: management, management: ordinary }, 2, 0],
    ['api: management, management: down', { api: management, management: down }, 1, 1],
    ['api: untold, management: untold', { api: untold, management: untold }, 0, 2],
    ['api: refused, management: forbidden', { api: refused, management: forbidden }, 2, 0],
    ['api: down, management: ordinary', { api: down, management: ordinary }, 1, 1],
  ])('{ %s }: problems and warnings', (_title, findings, problems, warned) => {
    const verdict = judgeKeys(findings, 'https://api.test/api/v1/key');
    expect([verdict.problems.length, verdict.warnings.length]).toEqual([problems, warned]);
  });
});
