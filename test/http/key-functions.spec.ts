import { afterEach, describe, expect, it } from '@jest/globals';
import {
  OpenRouterAbortException,
  OpenRouterConfigException,
  OpenRouterTimeoutException,
} from '../../lib/errors/index.js';
import type { OpenRouterKeySource } from '../../lib/options/openrouter-options.js';
import { SecretString } from '../../lib/secret/secret-string.js';
import { failureOf } from '../support/failures.js';
import { leaksIn } from '../support/leaks.js';
import {
  answerWell,
  API_KEY,
  cleanUp,
  clientOf,
  sendError,
  startServer,
  CREDITS,
} from '../support/servers.js';
import { timed } from '../support/waiting.js';

afterEach(cleanUp);

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

describe('a key function', () => {
  it('is asked at every call, so that a rotated key is used at once', async () => {
    const server = await startServer(answerWell);
    let turn = 0;
    const client = clientOf(server, {
      managementKey: async () => {
        turn += 1;
        await Promise.resolve();
        return turn % 2 === 0 ? `key-number-${turn}` : new SecretString(`key-number-${turn}`);
      },
    });
    for (let call = 0; call < 3; call += 1) {
      await client.credits.getCredits();
    }
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer key-number-1',
      'Bearer key-number-2',
      'Bearer key-number-3',
    ]);
  });

  it('is told as what it is where it hangs', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server, {
      managementKey: () => new Promise<string>(() => undefined),
      deadlineMs: 20,
    });
    expect(await failureOf(client.credits.getCredits())).toMatchObject({
      name: 'OpenRouterTimeoutException',
      delivery: 'not-sent',
      message:
        'credits.getCredits: the function given as `managementKey` took longer than `deadlineMs` (20 ms).',
    });
  });

  it('leaves its reason as the cause where it fails', async () => {
    const server = await startServer(answerWell);
    const reason = Object.assign(new Error('the vault is sealed'), { code: 'ECONNREFUSED', token: 'secret' });
    const client = clientOf(server, { managementKey: () => raise(reason) });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toMatchObject({
      name: 'OpenRouterConfigException',
      cause: { message: 'the vault is sealed', code: 'ECONNREFUSED' },
    });
    expect(failure.cause).not.toHaveProperty('token');
  });

  it('is asked once for a call, however many attempts it takes', async () => {
    const server = await startServer((_request, response) => sendError(response, 503));
    let turn = 0;
    const client = clientOf(server, { managementKey: () => `key-number-${(turn += 1)}` });
    await failureOf(client.credits.getCredits());
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer key-number-1',
      'Bearer key-number-1',
      'Bearer key-number-1',
    ]);
  });

  it('is asked once more after a 401, and the call goes on with a key that has changed', async () => {
    const keys = ['sk-or-v1-rotated-away', 'sk-or-v1-the-new-one'];
    const server = await startServer((request, response) =>
      request.headers.authorization === `Bearer ${keys[1]!}`
        ? answerWell(request, response)
        : sendError(response, 401),
    );
    let asked = 0;
    const client = clientOf(server, { managementKey: () => keys[Math.min(asked++, 1)]! });
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect([asked, server.requests.length]).toEqual([2, 2]);
  });

  it('is not asked a third time, and a key that is still the same is not sent again', async () => {
    const server = await startServer((_request, response) => sendError(response, 401));
    let asked = 0;
    const changing = clientOf(server, { managementKey: () => `key-number-${(asked += 1)}` });
    expect(await failureOf(changing.credits.getCredits())).toMatchObject({ status: 401 });
    expect([asked, server.requests.length]).toEqual([2, 2]);

    const same = clientOf(server, { managementKey: () => `the-key-${Math.sign((asked += 1))}` });
    expect(await failureOf(same.credits.getCredits())).toMatchObject({ status: 401 });
    expect([asked, server.requests.length]).toEqual([4, 3]);
  });

  it('is not asked again for a POST, for a key of the call, or where there are no retries', async () => {
    const server = await startServer((_request, response) => sendError(response, 401));
    let asked = 0;
    const client = clientOf(server, {
      apiKey: () => `key-number-${(asked += 1)}`,
      managementKey: () => `key-number-${(asked += 1)}`,
    });
    await failureOf(client.credits.createCoinbaseCharge({ amount: 1 }));
    await failureOf(client.credits.getCredits({ retry: false }));
    await failureOf(client.credits.getCredits({ apiKey: 'sk-or-v1-of-the-call' }));
    expect([asked, server.requests.length]).toEqual([2, 3]);
  });

  it('is asked for the key it was given as, and not for the other', async () => {
    const server = await startServer(answerWell);
    const asked: string[] = [];
    const client = clientOf(server, {
      apiKey: () => {
        asked.push('api');
        return 'the-api-key';
      },
      managementKey: () => {
        asked.push('management');
        return 'the-management-key';
      },
    });
    await client.credits.createCoinbaseCharge({ amount: 1 });
    await client.credits.getCredits();
    expect(asked).toEqual(['api', 'management']);
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => raise(new Error('the vault is sealed')),
      'failed: the vault is sealed. Nothing was sent.',
    ],
    [
      'rejects',
      () => Promise.reject(new Error('the vault is far')),
      'failed: the vault is far. Nothing was sent.',
    ],
    ['throws a text', () => raise('sealed'), 'failed: it gave no reason. Nothing was sent.'],
    ['throws undefined', () => raise(undefined), 'failed: it gave no reason. Nothing was sent.'],
    ['gives undefined', () => undefined, 'must be a string or a SecretString.'],
    ['gives null', () => null, 'must be a string or a SecretString.'],
    ['gives a number', () => 42, 'must be a string or a SecretString.'],
    ['gives an object', () => ({ key: 'abcdef' }), 'must be a string or a SecretString.'],
    ['gives a function', () => () => 'abcdef', 'must be a string or a SecretString.'],
    ['gives an empty text', () => '', 'must not be blank'],
    ['gives a blank SecretString', () => new SecretString('  '), 'must not be blank'],
    ['gives a text with a line break', () => 'abcdef\n', 'has white space or a line break around it'],
    ['gives a header injection', () => 'abc\r\nx-evil: 1', 'has a character that no HTTP header can carry'],
    ['gives "Bearer x"', () => 'Bearer abcdef', 'leave out "Bearer"'],
    ['gives Cyrillic', () => Promise.resolve('ключ'), 'has a character that no HTTP header can carry'],
  ])('causes a config exception, and nothing is sent, where it %s', async (_name, source, text) => {
    const server = await startServer(answerWell);
    const client = clientOf(server, { managementKey: source as unknown as OpenRouterKeySource });
    const failure = await failureOf(client.credits.getCredits());
    expect(failure).toBeInstanceOf(OpenRouterConfigException);
    expect(failure.message).toContain('`managementKey`');
    expect(failure.message).toContain(text);
    expect(failure.message).toContain('Nothing was sent');
    expect(failure.message).not.toContain('abcdef');
    expect(server.requests.length).toBe(0);
  });

  it('does not get its key into the exception where it throws it', async () => {
    const server = await startServer(answerWell);
    const old = 'gateway-credential-000111222333';
    let turn = 0;
    const client = clientOf(server, {
      managementKey: () => {
        turn += 1;
        if (turn === 1) return old;
        throw new Error(`cannot replace ${old} nor ${API_KEY}`);
      },
    });
    await client.credits.getCredits();
    const failure = await failureOf(client.credits.getCredits());
    expect(failure.message).toContain('cannot replace [redacted] nor [redacted]');
    expect(leaksIn(failure, [old, API_KEY])).toEqual([]);
  });

  it('is waited for until the deadline where it hangs', async () => {
    const server = await startServer(answerWell);
    const client = clientOf(server, { managementKey: never, deadlineMs: 60, timeoutMs: 20 });
    const { ms, outcome, waitedMs } = await timed(() => failureOf(client.credits.getCredits()));
    expect(outcome).toBeInstanceOf(OpenRouterTimeoutException);
    expect(outcome).toMatchObject({ timeoutMs: 60, delivery: 'not-sent', phase: 'queue' });
    expect(ms).toBeGreaterThanOrEqual(55);
    expect(waitedMs).toBeLessThan(1_000);
    expect(server.requests.length).toBe(0);
  });

  it('is waited for until the signal of the caller fires', async () => {
    const server = await startServer(answerWell);
    const controller = new AbortController();
    const client = clientOf(server, {
      managementKey: () => {
        setImmediate(() => controller.abort());
        return never();
      },
    });
    const failure = await failureOf(client.credits.getCredits({ signal: controller.signal }));
    expect(failure).toBeInstanceOf(OpenRouterAbortException);
    expect(failure).toMatchObject({ delivery: 'not-sent' });
  });

  it('is not asked once the signal has fired', async () => {
    const server = await startServer(answerWell);
    let asked = 0;
    const client = clientOf(server, {
      managementKey: () => {
        asked += 1;
        return 'abcdef';
      },
    });
    await failureOf(client.credits.getCredits({ signal: AbortSignal.abort() }));
    expect(asked).toBe(0);
  });

  it('starts nothing where it answers after the end of the call', async () => {
    const server = await startServer(answerWell);
    let give: (key: string) => void = () => undefined;
    const client = clientOf(server, {
      managementKey: () => new Promise<string>((resolve) => (give = resolve)),
      deadlineMs: 20,
    });
    await failureOf(client.credits.getCredits());
    give('abcdef');
    await clientOf(server).credits.getCredits();
    expect(server.sockets.length).toBe(1);
  });

  it('is nobody’s unhandled rejection where it fails after the end of the call', async () => {
    const server = await startServer(answerWell);
    let fail: (error: Error) => void = () => undefined;
    const client = clientOf(server, {
      managementKey: () => new Promise<string>((_resolve, reject) => (fail = reject)),
      deadlineMs: 20,
    });
    await failureOf(client.credits.getCredits());
    fail(new Error('late'));
    await clientOf(server).credits.getCredits();
    expect(server.sockets.length).toBe(1);
  });

  it('has every key of late scrubbed from what the server says', async () => {
    const keys = Array.from({ length: 6 }, (_, index) => `plain-credential-${index}-xyz`);
    const server = await startServer((_request, response) =>
      sendError(response, 401, { message: `none of ${keys.join(' ')} is known` }),
    );
    let turn = 0;
    const client = clientOf(server, { managementKey: () => keys[(turn += 1) - 1]! });
    let failure: Error | undefined;
    for (const _key of keys) {
      failure = await failureOf(client.credits.getCredits({ retry: false }));
    }
    expect(failure!.message).toBe(`none of ${keys.map(() => '[redacted]').join(' ')} is known`);
  });
});

function raise(error: unknown): never {
  throw error;
}
