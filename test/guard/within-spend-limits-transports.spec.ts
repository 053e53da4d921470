import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  type DynamicModule,
  Get,
  type INestApplication,
  type Provider,
  type Type,
  UseFilters,
} from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { MessagePattern } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import {
  MeterAs,
  OpenRouterExceptionFilter,
  OpenRouterModule,
  provideOpenRouterExceptionFilter,
  type SpendStore,
  WithinSpendLimits,
} from '../../lib/index.js';
import { listen, spyOnErrorLog } from '../filters/support.js';
import { failingStore } from '../spend-limits/support/limited-client.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { graphqlModule, queryGraphql } from '../support/graphql.js';
import { TcpService } from '../support/tcp-service.js';

const OWN_WORDS = expect.stringContaining(
  "The spend limit 'tenant per day' of this application has $0.00 of $0.00 left.",
);
const SENTENCE = 'The spend limit is reached.';
const CODE = 'OPENROUTER_SPEND_LIMIT';
const STORE_CODE = 'OPENROUTER_SPEND_STORE';

/** The tenant `free` has a limit of 0; the others have $1. The rest of a scope is the transport's own. */
function openRouter(store?: SpendStore): DynamicModule {
  return OpenRouterModule.forRoot({
    apiKey: 'sk-or-v1-test',
    spendLimits: {
      rules: [
        {
          by: 'tenant',
          usd: ({ tenant }) => (tenant === 'free' ? 0 : 1),
          period: 'day',
          timeZone: NOON_ZONE,
        },
      ],
      store,
    },
  });
}

const open: { close(): unknown }[] = [];

beforeEach(() => {
  spyOnErrorLog();
});

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  jest.restoreAllMocks();
});

async function startApp(
  imports: DynamicModule[],
  classes: { controllers?: Type[]; providers?: Provider[] },
  adapter?: FastifyAdapter,
): Promise<INestApplication> {
  const testing = await Test.createTestingModule({ imports, ...classes }).compile();
  const app =
    adapter === undefined ? testing.createNestApplication() : testing.createNestApplication(adapter);
  open.push(app);
  return app;
}

const FREE = { tenant: 'free' };
const PAID = { tenant: 'paid' };

describe.each([
  ['Express', () => undefined],
  ['Fastify', () => new FastifyAdapter()],
])('@WithinSpendLimits over HTTP, on %s', (_title, makeAdapter) => {
  @WithinSpendLimits()
  @Controller()
  class Routes {
    @MeterAs(() => FREE)
    @Get('free')
    free(): string {
      return 'ok';
    }

    @MeterAs(() => PAID)
    @Get('paid')
    paid(): string {
      return 'ok';
    }
  }

  it.each([
    ['mirror', OWN_WORDS],
    ['gateway', SENTENCE],
  ] as const)('answers 402, and tells what the filter allows: %s', async (mapping, message) => {
    const app = await startApp(
      [openRouter()],
      { controllers: [Routes], providers: [provideOpenRouterExceptionFilter({ mapping })] },
      makeAdapter(),
    );
    const url = await listen(app);
    expect((await fetch(`${url}/paid`)).status).toBe(200);
    const answer = await fetch(`${url}/free`);
    expect(answer.status).toBe(402);
    expect(await answer.json()).toMatchObject({ code: CODE, message });
  });

  it.each(['mirror', 'gateway'] as const)('answers 503 while the store is away: %s', async (mapping) => {
    const app = await startApp(
      [openRouter(failingStore().store)],
      { controllers: [Routes], providers: [provideOpenRouterExceptionFilter({ mapping })] },
      makeAdapter(),
    );
    const answer = await fetch(`${await listen(app)}/paid`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: STORE_CODE });
  });
});

describe('@WithinSpendLimits over RPC', () => {
  @WithinSpendLimits()
  @Controller()
  class Messages {
    @MeterAs(() => FREE)
    @MessagePattern('free')
    free(): string {
      return 'ok';
    }

    @MeterAs(() => PAID)
    @MessagePattern('paid')
    paid(): string {
      return 'ok';
    }
  }

  async function start(providers: Provider[], store?: SpendStore): Promise<TcpService> {
    const service = await TcpService.start({
      imports: [openRouter(store)],
      controllers: [Messages],
      providers,
    });
    open.push(service);
    return service;
  }

  it.each([
    ['mirror', OWN_WORDS],
    ['gateway', SENTENCE],
  ] as const)('refuses by an exception that the filter translates: %s', async (mapping, message) => {
    const service = await start([provideOpenRouterExceptionFilter({ mapping })]);
    expect(await service.send('paid')).toBe('ok');
    await expect(service.send('free')).rejects.toEqual({
      status: 'error',
      message,
      code: CODE,
      statusCode: 402,
    });
  });

  it('refuses while the store is away', async () => {
    const service = await start([provideOpenRouterExceptionFilter()], failingStore().store);
    await expect(service.send('paid')).rejects.toMatchObject({ code: STORE_CODE, statusCode: 503 });
  });

  it('refuses without the filter too', async () => {
    const service = await start([]);
    await expect(service.send('free')).rejects.toEqual({ status: 'error', message: 'Internal server error' });
  });
});

describe('@WithinSpendLimits over WebSockets', () => {
  @WithinSpendLimits()
  @UseFilters(new OpenRouterExceptionFilter({ mapping: 'mirror' }))
  @WebSocketGateway()
  class Gateway {
    @MeterAs(() => FREE)
    @SubscribeMessage('free')
    free(): object {
      return { event: 'answer', data: 'ok' };
    }

    @MeterAs(() => PAID)
    @SubscribeMessage('paid')
    paid(): object {
      return { event: 'answer', data: 'ok' };
    }
  }

  @UseFilters(new OpenRouterExceptionFilter({ mapping: 'gateway' }))
  @WithinSpendLimits()
  @WebSocketGateway()
  class PublicGateway extends Gateway {}

  async function start(Class: Type, store?: SpendStore): Promise<(event: string) => Promise<unknown>> {
    const app = await startApp([openRouter(store)], { providers: [Class] });
    app.useWebSocketAdapter(new WsAdapter(app));
    const client = new WebSocket((await listen(app)).replace('http', 'ws'));
    open.push({ close: () => client.terminate() });
    await once(client, 'open');
    return async (event) => {
      const message = once(client, 'message');
      client.send(JSON.stringify({ event, data: {} }));
      const [data] = (await message) as [Buffer];
      return JSON.parse(data.toString());
    };
  }

  it.each([
    ['mirror', Gateway, OWN_WORDS],
    ['gateway', PublicGateway, SENTENCE],
  ] as const)('refuses by an exception that the filter translates: %s', async (_mapping, Class, message) => {
    const ask = await start(Class);
    expect(await ask('paid')).toEqual({ event: 'answer', data: 'ok' });
    expect(await ask('free')).toMatchObject({
      event: 'exception',
      data: { code: CODE, statusCode: 402, message },
    });
  });

  it('refuses while the store is away', async () => {
    const ask = await start(Gateway, failingStore().store);
    expect(await ask('paid')).toMatchObject({
      event: 'exception',
      data: { code: STORE_CODE, statusCode: 503 },
    });
  });
});

describe('@WithinSpendLimits in GraphQL', () => {
  @Resolver()
  class Answers {
    @MeterAs(() => FREE)
    @WithinSpendLimits()
    @Query(() => String, { nullable: true })
    free(): string {
      return 'ok';
    }

    @MeterAs(() => PAID)
    @WithinSpendLimits()
    @Query(() => String, { nullable: true })
    paid(): string {
      return 'ok';
    }
  }

  async function ask(query: string, providers: Provider[], store?: SpendStore): Promise<any> {
    const app = await startApp([openRouter(store), graphqlModule()], { providers: [Answers, ...providers] });
    return (await queryGraphql(await listen(app), query)).json();
  }

  it.each([
    ['no filter', [], SENTENCE],
    ['mirror', [provideOpenRouterExceptionFilter({ mapping: 'mirror' })], OWN_WORDS],
    ['gateway', [provideOpenRouterExceptionFilter({ mapping: 'gateway' })], SENTENCE],
  ] as const)('refuses one field with a code: %s', async (_title, providers, message) => {
    const { data, errors } = await ask('{ free paid }', [...providers]);
    expect(data).toEqual({ free: null, paid: 'ok' });
    expect(errors).toMatchObject([{ message, path: ['free'], extensions: { code: CODE, status: 402 } }]);
  });

  it('refuses while the store is away', async () => {
    const filter = provideOpenRouterExceptionFilter({ mapping: 'gateway' });
    const { errors } = await ask('{ paid }', [filter], failingStore().store);
    expect(errors).toMatchObject([{ extensions: { code: STORE_CODE, status: 503 } }]);
  });
});
