import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplication, UseFilters } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { type Observable, throwError } from 'rxjs';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { OpenRouterAbortException } from '../../lib/errors/client.exceptions.js';
import { OpenRouterExceptionFilter } from '../../lib/filters/index.js';
import { emitException } from '../../lib/filters/websocket-reply.js';
import { apiException, KEY, listen, spyOnErrorLog } from './support.js';

let thrown: unknown;

@UseFilters(new OpenRouterExceptionFilter())
@WebSocketGateway()
class AccountGateway {
  @SubscribeMessage('fail')
  fail(): never {
    throw thrown;
  }

  @SubscribeMessage('fail-later')
  failLater(): Observable<never> {
    return throwError(() => thrown);
  }

  @UseFilters(OpenRouterExceptionFilter)
  @SubscribeMessage('fail-here')
  failHere(): never {
    throw thrown;
  }

  @SubscribeMessage('ping')
  ping(): { event: string; data: string } {
    return { event: 'ping', data: 'pong' };
  }

  @SubscribeMessage('ping-ack')
  pingAck(): string {
    return 'pong';
  }
}

const throttled = () =>
  apiException(429, { requestId: 'req-1', retryAfterMs: 1500, metadata: { user: 'u' } });

const payloadOf = (pattern: string, data: unknown) => ({
  status: 'error',
  message: 'upstream said 429',
  code: 'OPENROUTER_TOO_MANY_REQUESTS',
  statusCode: 429,
  requestId: 'req-1',
  retryAfter: 2,
  cause: { pattern, data },
});

describe('OpenRouterExceptionFilter over WebSockets', () => {
  let app: INestApplication;
  let errorLog: ReturnType<typeof spyOnErrorLog>;

  async function start(Adapter: typeof IoAdapter | typeof WsAdapter): Promise<string> {
    const testing = await Test.createTestingModule({ providers: [AccountGateway] }).compile();
    app = testing.createNestApplication();
    app.useWebSocketAdapter(new Adapter(app));
    return listen(app);
  }

  beforeEach(() => {
    errorLog = spyOnErrorLog();
  });

  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  describe('socket.io', () => {
    let socket: Socket;

    beforeEach(async () => {
      socket = io(await start(IoAdapter), { transports: ['websocket'], forceNew: true, reconnection: false });
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
    });

    afterEach(() => {
      socket.disconnect();
    });

    const exceptionEvent = (): Promise<unknown> =>
      new Promise((resolve) => socket.once('exception', resolve));

    it.each(['fail', 'fail-later', 'fail-here'])('gets an exception event: %s', async (pattern) => {
      thrown = throttled();
      const event = exceptionEvent();
      socket.emit(pattern, { amount: 5 });
      expect(await event).toEqual(payloadOf(pattern, { amount: 5 }));
      expect(errorLog).not.toHaveBeenCalled();
    });

    it('gets the event for a message with an acknowledgement too, which is no success', async () => {
      thrown = throttled();
      const acknowledged = jest.fn();
      const event = exceptionEvent();
      socket.emit('fail', { amount: 5 }, acknowledged);
      expect(await event).toEqual(payloadOf('fail', { amount: 5 }));
      // Messages keep their order, so an acknowledgement would be here by now.
      expect(await socket.emitWithAck('ping-ack', {})).toBe('pong');
      expect(acknowledged).not.toHaveBeenCalled();
    });

    it('gets an error for an aborted call', async () => {
      thrown = new OpenRouterAbortException({ message: 'left', delivery: 'unknown' });
      const event = exceptionEvent();
      socket.emit('fail', {});
      expect(await event).toMatchObject({ status: 'error', code: 'OPENROUTER_ABORTED' });
    });

    it('gets no key, and the operator one line', async () => {
      thrown = apiException(500, { message: `bad key ${KEY}` });
      const event = exceptionEvent();
      socket.emit('fail', {});
      const shown = JSON.stringify(await event);
      expect(shown).toContain('bad key');
      expect(shown).not.toContain(KEY);
      expect(errorLog).toHaveBeenCalledTimes(1);
    });
  });

  describe('ws', () => {
    let client: WebSocket;

    beforeEach(async () => {
      client = new WebSocket((await start(WsAdapter)).replace('http', 'ws'));
      await once(client, 'open');
    });

    afterEach(() => {
      client.terminate();
    });

    async function answerTo(event: string): Promise<unknown> {
      const message = once(client, 'message');
      client.send(JSON.stringify({ event, data: { amount: 5 } }));
      const [data] = (await message) as [Buffer];
      return JSON.parse(data.toString());
    }

    it.each(['fail', 'fail-later'])('gets an exception message: %s', async (pattern) => {
      thrown = throttled();
      expect(await answerTo(pattern)).toEqual({
        event: 'exception',
        data: payloadOf(pattern, { amount: 5 }),
      });
      expect(await answerTo('ping')).toEqual({ event: 'ping', data: 'pong' });
    });
  });
});

describe('emitException', () => {
  it.each([0, 2, 3])('sends nothing on a WebSocket in state %d', (readyState) => {
    const client = { readyState, send: jest.fn(), emit: jest.fn() };
    emitException(client, {});
    expect(client.send).not.toHaveBeenCalled();
    expect(client.emit).not.toHaveBeenCalled();
  });

  it('leaves a client of an unknown kind alone', () => {
    expect(() => {
      emitException({}, {});
    }).not.toThrow();
  });
});
