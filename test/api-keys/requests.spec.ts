import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  type INestApplication,
  Inject,
  Patch,
  Post,
  Query,
  ValidationPipe,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ApiKeysService,
  CreateApiKeyRequest,
  ListApiKeysQuery,
  OpenRouterModule,
  UpdateApiKeyRequest,
} from '../../lib/index.js';
import { cleanUp, MANAGEMENT_KEY, sendJson, startServer, type TestServer } from '../support/servers.js';
import { HASH, SECRET, wireKey, WORKSPACE } from './support.js';

afterEach(cleanUp);

type Transformed = (value: unknown) => Promise<unknown>;

/** A pipe as applications set it up, in front of one of the classes. */
function behind(metatype: new () => object, options: object = {}): Transformed {
  const pipe = new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    ...options,
  });
  return (value) => pipe.transform(value, { type: 'body', metatype });
}

const messages = async (transformed: Promise<unknown>): Promise<unknown> =>
  transformed.then(
    () => 'accepted',
    (error: unknown) => (error as { response: { message: unknown } }).response.message,
  );

describe('CreateApiKeyRequest behind a ValidationPipe', () => {
  const request = {
    name: 'tenant-42',
    limit: 5,
    limitReset: 'daily',
    includeByokInLimit: false,
    expiresAt: '2030-01-31T00:00:00Z',
    creatorUserId: 'user_1',
    workspaceId: WORKSPACE,
  };

  it.each([{}, { transformOptions: { enableImplicitConversion: true } }])(
    'makes an instance of a JSON body, the time as it came (%j)',
    async (options) => {
      const made = await behind(CreateApiKeyRequest, options)(request);
      expect(made).toBeInstanceOf(CreateApiKeyRequest);
      expect({ ...(made as object) }).toEqual(request);
      const cleared = { name: 'x', limit: null, limitReset: null, expiresAt: null, creatorUserId: null };
      expect(await behind(CreateApiKeyRequest, options)(cleared)).toMatchObject(cleared);
    },
  );

  it('takes no name that implicit conversion has made of something else', async () => {
    const pipe = behind(CreateApiKeyRequest, { transformOptions: { enableImplicitConversion: true } });
    for (const name of [5, true, {}, ['x']]) {
      expect(await messages(pipe({ name }))).toContain('`name` must be a string');
    }
  });

  it('refuses by name', async () => {
    const pipe = behind(CreateApiKeyRequest);
    expect(await messages(pipe({}))).toEqual(['`name` must be a string', '`name` must not be blank']);
    expect(await messages(pipe({ ...request, limit: -1 }))).toEqual([
      '`limit` must be a number of US dollars from 0, or null for no limit',
    ]);
    expect(await messages(pipe({ ...request, limitReset: 'yearly' }))).toEqual([
      '`limitReset` must be one of daily, weekly, monthly, or null for a limit that is not reset',
    ]);
    expect(await messages(pipe({ ...request, expiresAt: '2030-01-31T00:00:00+01:00' }))).toEqual([
      expect.stringMatching(/^`expiresAt` must be .* ends in Z/),
    ]);
    expect(await messages(pipe({ ...request, disabled: true }))).not.toBe('accepted');
  });
});

describe('UpdateApiKeyRequest behind a ValidationPipe', () => {
  it('keeps `null` apart from what is absent', async () => {
    const made = (await behind(UpdateApiKeyRequest)({ limit: null })) as UpdateApiKeyRequest;
    expect(made.limit).toBeNull();
    expect(made.limitReset).toBeUndefined();
    expect(await messages(behind(UpdateApiKeyRequest)({}))).toBe('accepted');
  });

  it.each(['expiresAt', 'workspaceId', 'creatorUserId'])(
    'tells that `%s` cannot be changed, even where unknown names are dropped in silence',
    async (name) => {
      for (const options of [{}, { forbidNonWhitelisted: false }]) {
        for (const value of ['2030-01-01T00:00:00Z', null]) {
          expect(await messages(behind(UpdateApiKeyRequest, options)({ [name]: value }))).toEqual([
            expect.stringContaining(`\`${name}\` cannot be changed; only \`name\``),
          ]);
        }
      }
    },
  );
});

describe('ListApiKeysQuery behind a ValidationPipe', () => {
  it.each([{}, { transformOptions: { enableImplicitConversion: true } }])(
    'reads the texts of a URL (%j)',
    async (options) => {
      const pipe = behind(ListApiKeysQuery, options);
      expect(await pipe({ includeDisabled: 'true', offset: '100', workspaceId: WORKSPACE })).toMatchObject({
        includeDisabled: true,
        offset: 100,
        workspaceId: WORKSPACE,
      });
      expect(await pipe({ includeDisabled: 'false', offset: '0' })).toMatchObject({
        includeDisabled: false,
        offset: 0,
      });
      expect(await pipe({ includeDisabled: true, offset: 7 })).toMatchObject({
        includeDisabled: true,
        offset: 7,
      });
      expect(await pipe({})).toEqual(new ListApiKeysQuery());
    },
  );

  it.each([{}, { transformOptions: { enableImplicitConversion: true } }])(
    'refuses what only looks like one (%j)',
    async (options) => {
      const pipe = behind(ListApiKeysQuery, options);
      for (const includeDisabled of ['', '1', 'yes', 'TRUE', ['true'], null, 'toString']) {
        expect([includeDisabled, await messages(pipe({ includeDisabled }))]).toEqual([
          includeDisabled,
          ['`includeDisabled` must be true or false'],
        ]);
      }
      for (const offset of ['', '-1', '1.5', '1e3', '0x10', ' 1', ['1'], null, '99999999999999999999']) {
        expect([offset, await messages(pipe({ offset }))]).toEqual([
          offset,
          [expect.stringContaining('`offset` must be a whole number from 0')],
        ]);
      }
    },
  );
});

describe('a controller', () => {
  @Controller('keys')
  class KeysController {
    constructor(@Inject(ApiKeysService) private readonly apiKeys: ApiKeysService) {}

    @Get()
    list(@Query() query: ListApiKeysQuery) {
      return this.apiKeys.list(query);
    }

    @Post()
    create(@Body() request: CreateApiKeyRequest) {
      return this.apiKeys.create(request);
    }

    @Patch()
    update(@Body() request: UpdateApiKeyRequest) {
      return this.apiKeys.update(HASH, request);
    }
  }

  let app: INestApplication;
  let server: TestServer;
  let url: string;

  afterEach(() => app.close());

  async function start(): Promise<void> {
    server = await startServer((request, response) => {
      if (request.method === 'GET') sendJson(response, { data: [wireKey()] });
      else if (request.method === 'POST') sendJson(response, { data: wireKey(), key: SECRET }, 201);
      else sendJson(response, { data: wireKey() });
    });
    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot({ managementKey: MANAGEMENT_KEY, baseUrl: server.baseUrl })],
      controllers: [KeysController],
    }).compile();
    app = module.createNestApplication();
    app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
    await app.listen(0, '127.0.0.1');
    url = `${await app.getUrl()}/keys`;
  }

  const send = (method: string, body: object): Promise<Response> =>
    fetch(url, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

  it('takes all three as they are, and never answers with the secret', async () => {
    await start();
    const listed = await fetch(`${url}?includeDisabled=false&offset=100`);
    expect(await listed.json()).toMatchObject([{ hash: HASH, expiresAt: '2027-12-31T23:59:59.000Z' }]);
    const created = await send('POST', { name: 'x', expiresAt: '2030-01-31T00:00:00Z', limit: null });
    const text = await created.text();
    expect(JSON.parse(text)).toMatchObject({ apiKey: { hash: HASH }, secret: '[redacted]' });
    expect(text).not.toContain(SECRET.slice(10));
    await send('PATCH', { limit: null, disabled: false });
    expect(server.requests.map(({ method, path, body }) => [method, path, body])).toEqual([
      ['GET', '/api/v1/keys?include_disabled=false&offset=100', ''],
      ['POST', '/api/v1/keys', '{"name":"x","limit":null,"expires_at":"2030-01-31T00:00:00Z"}'],
      ['PATCH', `/api/v1/keys/${HASH}`, '{"disabled":false,"limit":null}'],
    ]);
  });

  it('answers 400 to what cannot be changed', async () => {
    await start();
    const answer = await send('PATCH', { expiresAt: '2030-01-31T00:00:00Z' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('cannot be changed');
    expect(server.requests).toEqual([]);
  });
});
