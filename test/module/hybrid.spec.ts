import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import {
  CreditsGuard,
  CreditsService,
  OpenRouterModule,
  provideOpenRouterExceptionFilter,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { closedPort } from '../support/servers.js';

const closings: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** A hybrid application, whose messages are answered over TCP, on an account with so much money. */
async function start(balance: number, inheritAppConfig: boolean | undefined): Promise<ClientProxy> {
  const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 10 - balance } });
  closings.push(() => sandbox.stop());
  const { apiKey, managementKey, baseUrl } = sandbox;

  @Controller()
  class CreditsController {
    constructor(private readonly credits: CreditsService) {}

    @MessagePattern('forbidden')
    forbidden() {
      return this.credits.getCredits({ apiKey });
    }

    @MessagePattern('free')
    free() {
      return 'served';
    }
  }

  @Module({
    imports: [OpenRouterModule.forRoot({ managementKey, baseUrl })],
    controllers: [CreditsController],
    providers: [
      provideOpenRouterExceptionFilter({ mapping: 'gateway' }),
      { provide: APP_GUARD, useClass: CreditsGuard },
    ],
  })
  class AppModule {}

  const port = await closedPort();
  const app = await NestFactory.create(AppModule, { logger: false });
  closings.push(() => app.close());
  const transport = { transport: Transport.TCP, options: { host: '127.0.0.1', port } } as const;
  app.connectMicroservice<MicroserviceOptions>(
    transport,
    inheritAppConfig === undefined ? undefined : { inheritAppConfig },
  );
  await app.startAllMicroservices();
  const client = ClientProxyFactory.create(transport);
  closings.push(() => client.close());
  return client;
}

const send = (client: ClientProxy, pattern: string): Promise<unknown> =>
  firstValueFrom(client.send<unknown>(pattern, {})).catch((error: unknown) => error);

describe('a hybrid application', () => {
  it('answers messages by the global filter and guard with `inheritAppConfig`', async () => {
    expect(await send(await start(5, true), 'forbidden')).toMatchObject({
      status: 'error',
      code: 'OPENROUTER_FORBIDDEN',
      statusCode: 502,
    });
    expect(await send(await start(-1, true), 'free')).toMatchObject({
      status: 'error',
      code: 'OPENROUTER_INSUFFICIENT_CREDITS',
      statusCode: 402,
    });
  });

  it.each([undefined, false])('leaves messages to Nest with %p', async (inheritAppConfig) => {
    expect(await send(await start(5, inheritAppConfig), 'forbidden')).toEqual({
      status: 'error',
      message: 'Internal server error',
    });
    expect(await send(await start(-1, inheritAppConfig), 'free')).toBe('served');
  });
});
