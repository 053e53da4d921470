import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, type INestApplication, type Type, UseFilters } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { WebSocket } from 'ws';
import {
  OpenRouterExceptionFilter,
  type OpenRouterExceptionMapping,
  provideOpenRouterExceptionFilter,
} from '../../lib/filters/index.js';
import { RequireCredits } from '../../lib/guard/index.js';
import { listen, spyOnErrorLog } from '../filters/support.js';
import { TcpService } from '../support/tcp-service.js';
import { FakeAccount } from './support.js';

const MESSAGE =
  'Not enough OpenRouter credits: at least $5.00 is needed, $0.42 is left of the balance of the account.';
const REFUSAL = {
  status: 'error',
  message: MESSAGE,
  code: 'OPENROUTER_INSUFFICIENT_CREDITS',
  statusCode: 402,
};

let account: FakeAccount;

beforeEach(() => {
  account = new FakeAccount();
  spyOnErrorLog();
});

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the guard over RPC', () => {
  @Controller()
  class Answers {
    @RequireCredits(5)
    @MessagePattern('answer')
    answer(): string {
      return 'ok';
    }
  }

  let service: TcpService;

  async function start(mapping?: OpenRouterExceptionMapping): Promise<void> {
    service = await TcpService.start({
      controllers: [Answers],
      providers: [
        account.provider(),
        ...(mapping === undefined ? [] : [provideOpenRouterExceptionFilter({ mapping })]),
      ],
    });
  }

  const ask = (): Promise<unknown> => service.send('answer');

  afterEach(async () => {
    await service.close();
  });

  it('refuses by an exception that the filter translates', async () => {
    await start('mirror');
    expect(await ask()).toBe('ok');
    account.spendable = 0.42;
    await expect(ask()).rejects.toEqual(REFUSAL);
  });

  it('tells no figures where the filter is to tell none', async () => {
    await start('gateway');
    account.spendable = 0.42;
    await expect(ask()).rejects.toEqual({ ...REFUSAL, message: 'There are not enough credits left.' });
  });

  it('asks a function', async () => {
    await start((_, { gateway }) => ({ ...gateway, status: 429, code: 'PAUSED' }));
    account.spendable = 0.42;
    await expect(ask()).rejects.toEqual({
      ...REFUSAL,
      message: 'There are not enough credits left.',
      code: 'PAUSED',
      statusCode: 429,
    });
  });

  it('refuses without the filter too, if with no more than Nest makes of it', async () => {
    await start();
    account.spendable = 0.42;
    await expect(ask()).rejects.toEqual({ status: 'error', message: 'Internal server error' });
  });
});

describe('the guard over WebSockets', () => {
  @UseFilters(OpenRouterExceptionFilter)
  @WebSocketGateway()
  class Gateway {
    @RequireCredits(5)
    @SubscribeMessage('answer')
    answer(): object {
      return { event: 'answer', data: 'ok' };
    }
  }

  @RequireCredits(5)
  @UseFilters(OpenRouterExceptionFilter)
  @WebSocketGateway()
  class GuardedGateway extends Gateway {}

  @UseFilters(new OpenRouterExceptionFilter({ mapping: 'gateway' }))
  @WebSocketGateway()
  class PublicGateway extends Gateway {}

  let app: INestApplication;
  let client: WebSocket;

  async function start(Class: Type): Promise<void> {
    const testing = await Test.createTestingModule({ providers: [Class, account.provider()] }).compile();
    app = testing.createNestApplication();
    app.useWebSocketAdapter(new WsAdapter(app));
    client = new WebSocket((await listen(app)).replace('http', 'ws'));
    await once(client, 'open');
  }

  async function ask(): Promise<unknown> {
    const message = once(client, 'message');
    client.send(JSON.stringify({ event: 'answer', data: { to: 'this' } }));
    const [data] = (await message) as [Buffer];
    return JSON.parse(data.toString());
  }

  afterEach(async () => {
    client.terminate();
    await app.close();
  });

  const SENTENCE = 'There are not enough credits left.';

  it.each([
    ['a handler', Gateway, MESSAGE],
    ['a gateway', GuardedGateway, MESSAGE],
    ['a public gateway', PublicGateway, SENTENCE],
  ])('refuses by an exception that the filter translates, on %s', async (_title, Class, message) => {
    await start(Class);
    expect(await ask()).toEqual({ event: 'answer', data: 'ok' });
    account.spendable = 0.42;
    expect(await ask()).toEqual({
      event: 'exception',
      data: { ...REFUSAL, message, cause: { pattern: 'answer', data: { to: 'this' } } },
    });
    account.spendable = 10;
    expect(await ask()).toEqual({ event: 'answer', data: 'ok' });
  });
});
