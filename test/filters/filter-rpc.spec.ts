import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ArgumentsHost, Controller, UseFilters } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { firstValueFrom, type Observable, throwError } from 'rxjs';
import { OpenRouterAbortException } from '../../lib/errors/client.exceptions.js';
import { OpenRouterExceptionFilter, provideOpenRouterExceptionFilter } from '../../lib/filters/index.js';
import { TcpService } from '../support/tcp-service.js';
import { apiException, KEY, spyOnErrorLog } from './support.js';

describe('OpenRouterExceptionFilter over RPC', () => {
  let service: TcpService;
  let errorLog: ReturnType<typeof spyOnErrorLog>;
  let thrown: Error;
  let eventSeen = (): void => undefined;

  @Controller()
  class AccountController {
    @MessagePattern('fail')
    fail(): Promise<never> {
      return Promise.reject(thrown);
    }

    @MessagePattern('fail-later')
    failLater(): Observable<never> {
      return throwError(() => thrown);
    }

    @UseFilters(OpenRouterExceptionFilter)
    @MessagePattern('fail-here')
    failHere(): never {
      throw thrown;
    }

    @EventPattern('event')
    event(_data: unknown): void {
      eventSeen();
      throw thrown;
    }

    @MessagePattern('ping')
    ping(): string {
      return 'pong';
    }
  }

  beforeEach(async () => {
    errorLog = spyOnErrorLog();
    service = await TcpService.start({
      controllers: [AccountController],
      providers: [provideOpenRouterExceptionFilter({ mapping: 'gateway' })],
    });
  });

  afterEach(async () => {
    await service.close();
    jest.restoreAllMocks();
  });

  const send = (pattern: string): Promise<unknown> => service.send(pattern);

  it.each(['fail', 'fail-later'])('gives the caller an error: %s', async (pattern) => {
    thrown = apiException(429, { requestId: 'req-1', retryAfterMs: 1500 });
    await expect(send(pattern)).rejects.toEqual({
      status: 'error',
      message: 'An upstream service is busy. Try again later.',
      code: 'OPENROUTER_TOO_MANY_REQUESTS',
      statusCode: 503,
      requestId: 'req-1',
      retryAfter: 2,
    });
    expect(errorLog).toHaveBeenCalledTimes(1);
  });

  it('gives the caller an error with the filter of one handler', async () => {
    thrown = apiException(404);
    await expect(send('fail-here')).rejects.toEqual({
      status: 'error',
      message: 'upstream said 404',
      code: 'OPENROUTER_NOT_FOUND',
      statusCode: 404,
    });
  });

  it('gives the caller an error for an aborted call', async () => {
    thrown = new OpenRouterAbortException({ message: 'left', delivery: 'unknown' });
    await expect(send('fail')).rejects.toMatchObject({ status: 'error', code: 'OPENROUTER_ABORTED' });
    expect(errorLog).not.toHaveBeenCalled();
  });

  it('survives the failure of an event, which nobody waits for', async () => {
    thrown = apiException(500);
    const handled = new Promise<void>((resolve) => (eventSeen = resolve));
    await firstValueFrom(service.client.emit('event', {}), { defaultValue: undefined });
    await handled;
    await expect(send('ping')).resolves.toBe('pong');
    expect(errorLog.mock.calls).toEqual([[expect.stringContaining('OPENROUTER_INTERNAL_SERVER')]]);
  });

  it('shows no key', async () => {
    thrown = apiException(401, { message: `bad key ${KEY}` });
    const payload: unknown = await send('fail-here').catch((error: unknown) => error);
    expect(payload).toMatchObject({ code: 'OPENROUTER_UNAUTHORIZED' });
    expect(JSON.stringify(payload)).not.toContain(KEY);
  });
});

describe('OpenRouterExceptionFilter in an unknown context', () => {
  it('hands the exception on, once and unlogged', () => {
    const errorLog = spyOnErrorLog();
    const exception = apiException(500);
    const host = { getType: () => 'telegram' } as unknown as ArgumentsHost;
    expect(() => new OpenRouterExceptionFilter().catch(exception, host)).toThrow(exception);
    expect(errorLog).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });
});
