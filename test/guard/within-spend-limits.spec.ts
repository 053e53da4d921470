import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, type INestApplication, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  InMemorySpendStore,
  MeterAs,
  OpenRouterConfigException,
  OpenRouterModule,
  type OpenRouterExceptionFilterOptions,
  provideOpenRouterExceptionFilter,
  SpendLimitsService,
  type SpendLimitsOptions,
  type SpendStore,
  WithinSpendLimits,
} from '../../lib/index.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';

@MeterAs((context) => ({
  tenant: context.switchToHttp().getRequest<{ headers: { tenant: string } }>().headers.tenant,
}))
@Controller('routes')
class Routes {
  @WithinSpendLimits()
  @Get('limited')
  limited(): string {
    return 'ok';
  }

  @WithinSpendLimits({ account: 'nobody' })
  @Get('unknown')
  unknown(): string {
    return 'ok';
  }
}

@Controller('bare')
class Bare {
  @WithinSpendLimits()
  @Get()
  limited(): string {
    return 'ok';
  }
}

let app: INestApplication | undefined;

afterEach(async () => {
  await app?.close();
});

const away = new Proxy(new InMemorySpendStore(), {
  get: (target, name) =>
    typeof Reflect.get(target, name) === 'function' ? () => Promise.reject(new Error('away')) : undefined,
}) as SpendStore;

async function start(
  spendLimits: Partial<SpendLimitsOptions>,
  filter?: OpenRouterExceptionFilterOptions,
): Promise<{
  limits: SpendLimitsService;
  get: (route: string, tenant?: string) => Promise<[number, unknown]>;
}> {
  @Module({
    imports: [
      OpenRouterModule.forRoot({
        apiKey: 'sk-or-v1-test',
        spendLimits: {
          rules: [{ by: 'tenant', usd: 1, period: 'day', timeZone: NOON_ZONE }],
          ...spendLimits,
        },
      }),
    ],
    controllers: [Routes, Bare],
    providers: filter === undefined ? [] : [provideOpenRouterExceptionFilter(filter)],
  })
  class App {}
  app = (await Test.createTestingModule({ imports: [App] }).compile()).createNestApplication({
    logger: false,
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    limits: app.get(SpendLimitsService),
    get: async (route, tenant = 'acme') => {
      const answer = await fetch(`${url}/${route}`, { headers: { tenant } });
      const text = await answer.text();
      return [answer.status, answer.ok ? text : JSON.parse(text)];
    },
  };
}

describe('@WithinSpendLimits', () => {
  it('refuses a request whose scope has nothing left, and no other, even without a filter', async () => {
    const { get, limits } = await start({});
    expect(await get('routes/limited')).toEqual([200, 'ok']);
    await limits.adjust({ tenant: 'acme' }, 1, 'spent');
    expect(await get('routes/limited')).toEqual([
      402,
      {
        statusCode: 402,
        message: 'The spend limit is reached.',
        error: 'Payment Required',
        code: 'OPENROUTER_SPEND_LIMIT',
      },
    ]);
    expect(await get('routes/limited', 'other')).toEqual([200, 'ok']);
  });

  it.each([
    ['mirror', "The spend limit 'tenant per day' of this application has $0.00 of $1.00 left."],
    ['gateway', 'The spend limit is reached.'],
  ] as const)('is mapped by the filter: %s', async (mapping, says) => {
    const { get, limits } = await start({}, { mapping });
    await limits.adjust({ tenant: 'acme' }, 1, 'spent');
    expect(await get('routes/limited')).toMatchObject([
      402,
      { code: 'OPENROUTER_SPEND_LIMIT', message: expect.stringContaining(says) },
    ]);
  });

  it.each([
    ['refuse', 503],
    ['allow', 200],
    [{ allowUsd: 1 }, 200],
  ] as const)('does what onStoreFailure says while the store is away: %j', async (onStoreFailure, status) => {
    const { get } = await start({ onStoreFailure, store: away }, { mapping: 'gateway' });
    expect((await get('routes/limited'))[0]).toBe(status);
  });

  it.each([
    ['routes/limited', 0],
    ['bare', 1],
  ])('warns once of a route without a scope: %s', async (route, times) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      const { get } = await start({});
      expect(await get(route)).toEqual([200, 'ok']);
      expect(await get(route)).toEqual([200, 'ok']);
      const said = warn.mock.calls.map(([text]) => String(text));
      expect(said.filter((text) => /`@WithinSpendLimits` .*Add `@MeterAs`/.test(text))).toHaveLength(times);
    } finally {
      warn.mockRestore();
    }
  });

  it('says how to register an account that is not there', async () => {
    const { get } = await start({}, {});
    expect((await get('routes/unknown'))[0]).toBe(500);
  });

  it.each([{ account: '' }, { acount: 'eu' }])('refuses a wrong option: %j', (options) => {
    expect(() => WithinSpendLimits(options)).toThrow(OpenRouterConfigException);
  });
});
