import 'reflect-metadata';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  type INestApplication,
  UseGuards,
} from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { interval, lastValueFrom, map, type Observable, take, toArray } from 'rxjs';
import { WebSocket } from 'ws';
import type { SpendScope } from '../../../lib/contracts/completion-cost.js';
import { MeterAs } from '../../../lib/metering/scope/meter-as.decorator.js';
import { routeScopeOf } from '../../../lib/metering/scope/route-scope.js';
import { listen } from '../../filters/support.js';
import { TcpService } from '../../support/tcp-service.js';
import { until } from '../../support/waiting.js';
import { scopeHere, scopeLater } from './support.js';

let evaluations = 0;

function counted(data: { tenant: string }): SpendScope {
  evaluations += 1;
  return { tenant: data.tenant };
}

class ScopeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return routeScopeOf(context) !== undefined;
  }
}

describe('@MeterAs over RPC', () => {
  @UseGuards(ScopeGuard)
  @MeterAs((context) => counted(context.switchToRpc().getData<{ tenant: string }>()))
  @Controller()
  class Answers {
    @MeterAs(() => ({ feature: 'chat' }))
    @MessagePattern('one')
    one(): Promise<unknown> {
      return scopeLater();
    }

    @MessagePattern('many')
    many(): Observable<unknown> {
      return interval(1).pipe(take(3), map(scopeHere));
    }
  }

  let service: TcpService;

  afterEach(() => service.close());

  it('sets the scope of a message, and of each value of an answer that is a stream', async () => {
    service = await TcpService.start({ controllers: [Answers] });
    evaluations = 0;
    const answers = ['a', 'b'].map((tenant) =>
      Promise.all(
        ['one', 'many'].map((pattern) =>
          lastValueFrom(service.client.send<unknown>(pattern, { tenant }).pipe(toArray())),
        ),
      ),
    );
    expect(await Promise.all(answers)).toEqual(
      ['a', 'b'].map((tenant) => [[{ tenant, feature: 'chat' }], [{ tenant }, { tenant }, { tenant }]]),
    );
    expect(evaluations).toBe(4);
  });
});

describe('@MeterAs over WebSockets', () => {
  @UseGuards(ScopeGuard)
  @MeterAs((context) => counted(context.switchToWs().getData<{ tenant: string }>()))
  @WebSocketGateway()
  class Gateway {
    @MeterAs(() => ({ feature: 'chat' }))
    @SubscribeMessage('one')
    async one(): Promise<object> {
      return { event: 'one', data: await scopeLater() };
    }

    @SubscribeMessage('many')
    many(): Observable<object> {
      return interval(1).pipe(
        take(3),
        map(() => ({ event: 'many', data: scopeHere() })),
      );
    }
  }

  let app: INestApplication;
  let client: WebSocket;

  afterEach(async () => {
    client.terminate();
    await app.close();
  });

  it('sets the scope of each message of one client, and of each value of an answer that is a stream', async () => {
    const testing = await Test.createTestingModule({ providers: [Gateway] }).compile();
    app = testing.createNestApplication();
    app.useWebSocketAdapter(new WsAdapter(app));
    client = new WebSocket((await listen(app)).replace('http', 'ws'));
    await once(client, 'open');
    evaluations = 0;

    const seen: unknown[] = [];
    client.on('message', (data: Buffer) => {
      seen.push((JSON.parse(data.toString()) as { data: unknown }).data);
    });
    const ask = async (event: string, tenant: string, answers: number): Promise<unknown[]> => {
      client.send(JSON.stringify({ event, data: { tenant } }));
      await until(() => seen.length >= answers);
      return seen.splice(0);
    };

    for (const tenant of ['a', 'b']) {
      expect(await ask('one', tenant, 1)).toEqual([{ tenant, feature: 'chat' }]);
      expect(await ask('many', tenant, 3)).toEqual([{ tenant }, { tenant }, { tenant }]);
    }
    expect(evaluations).toBe(4);
  });
});
