import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type INestApplication, UseFilters } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { type OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
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
class AccountGateway implements OnGatewayConnection {
  /** What the parser does on a plain WebSocket, a middleware of the socket does on socket.io. */
  handleConnection(client: { use?: (read: (packet: unknown[], next: () => void) => void) => void }): void {
    client.use?.((packet, next) => {
      packet[1] = readingOf(packet[1]);
      next();
    });
  }

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

/** What a parser of an application's own may make of a message, by the name in it, and what is told of it. */
const READINGS: Readonly<Record<string, { make: () => unknown; told: object }>> = {
  'a bigint': {
    make: () => ({ id: 7, wei: [10n ** 20n] }),
    told: { data: { id: 7, wei: ['100000000000000000000'] } },
  },
  'a bigint alone': { make: () => 5n, told: { data: '5' } },
  'a circle': {
    make: () => {
      const circle: Record<string, unknown> = { id: 7 };
      return Object.assign(circle, { circle });
    },
    told: {},
  },
  'a toJSON that throws': {
    make: () => ({
      toJSON: () => {
        throw new Error('not to be written');
      },
    }),
    told: {},
  },
  'a getter that throws': {
    make: () => ({
      get amount(): never {
        throw new Error('not to be read');
      },
    }),
    told: {},
  },
  'nothing that JSON has': { make: () => Symbol('s'), told: {} },
};

/** The default one of Nest, and {@link READINGS}. */
function readingParser(message: unknown): { event: string; data: unknown } {
  const { event, data } = JSON.parse(String(message)) as { event: string; data: unknown };
  return { event, data: readingOf(data) };
}

function readingOf(data: unknown): unknown {
  return typeof data === 'string' ? READINGS[data]?.make() : data;
}

describe('OpenRouterExceptionFilter over WebSockets', () => {
  let app: INestApplication;
  let errorLog: ReturnType<typeof spyOnErrorLog>;

  async function start(makeAdapter: (app: INestApplication) => IoAdapter | WsAdapter): Promise<string> {
    const testing = await Test.createTestingModule({ providers: [AccountGateway] }).compile();
    app = testing.createNestApplication();
    app.useWebSocketAdapter(makeAdapter(app));
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
      const url = await start((host) => new IoAdapter(host));
      socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
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

    it.each(Object.entries(READINGS))(
      'gets what can be told of a message that is %s',
      async (name, { told }) => {
        thrown = throttled();
        for (const pattern of ['fail', 'fail-later']) {
          const event = exceptionEvent();
          socket.emit(pattern, name);
          expect(await event).toEqual({ ...payloadOf(pattern, undefined), cause: { pattern, ...told } });
        }
        expect(await socket.emitWithAck('ping-ack', {})).toBe('pong');
        expect(errorLog).not.toHaveBeenCalled();
      },
    );

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
      const url = await start((host) => new WsAdapter(host, { messageParser: readingParser }));
      client = new WebSocket(url.replace('http', 'ws'));
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

    it.each(Object.entries(READINGS))(
      'tells what can be told of a message that is %s',
      async (name, { told }) => {
        thrown = throttled();
        for (const pattern of ['fail', 'fail-later']) {
          const message = once(client, 'message');
          client.send(JSON.stringify({ event: pattern, data: name }));
          const [data] = (await message) as [Buffer];
          expect(JSON.parse(data.toString())).toEqual({
            event: 'exception',
            data: { ...payloadOf(pattern, undefined), cause: { pattern, ...told } },
          });
        }
        expect(await answerTo('ping')).toEqual({ event: 'ping', data: 'pong' });
        expect(errorLog).not.toHaveBeenCalled();
      },
    );

    it('answers a message of more levels than a stack has', async () => {
      thrown = throttled();
      const message = once(client, 'message');
      client.send(`{"event":"fail","data":{"tree":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`);
      const [data] = (await message) as [Buffer];
      expect(JSON.parse(data.toString())).toMatchObject({
        event: 'exception',
        data: { code: 'OPENROUTER_TOO_MANY_REQUESTS', cause: { pattern: 'fail' } },
      });
    });
  });
});

describe('emitException', () => {
  const failed = { pattern: 'fail', data: { amount: 5 } };

  it.each([0, 2, 3])('sends nothing on a WebSocket in state %d', (readyState) => {
    const client = { readyState, send: jest.fn(), emit: jest.fn() };
    emitException(client, {}, failed);
    expect(client.send).not.toHaveBeenCalled();
    expect(client.emit).not.toHaveBeenCalled();
  });

  it.each([{}, undefined])('leaves a client of an unknown kind alone: %p', (client) => {
    expect(() => {
      emitException(client, {}, failed);
    }).not.toThrow();
  });

  it('leaves a client alone that has gone in the meantime', () => {
    const send = jest.fn(() => {
      throw new Error('closed');
    });
    expect(() => {
      emitException({ readyState: 1, send }, {}, failed);
    }).not.toThrow();
    expect(send).toHaveBeenCalled();
  });

  it('tells no pattern that cannot be written', () => {
    const pattern: Record<string, unknown> = {};
    pattern['pattern'] = pattern;
    const send = jest.fn();
    emitException({ readyState: 1, send }, { code: 'C' }, { pattern, data: {} });
    expect(send.mock.calls).toEqual([['{"event":"exception","data":{"code":"C"}}']]);
  });
});
