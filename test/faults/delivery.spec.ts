import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Account } from '../../lib/account/account.js';
import { HttpPipeline } from '../../lib/http/http-pipeline.js';
import type { OpenRouterCall } from '../../lib/http/openrouter-call.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { failureOf } from '../support/failures.js';
import { lookingUp, lookupError } from '../support/lookup.js';
import { API_KEY, cleanUp, startRawServer } from '../support/servers.js';
import { refusal } from './support/scenes.js';

const accounts: Account[] = [];
afterEach(async () => {
  for (const account of accounts.splice(0)) void account.close();
  await cleanUp();
});

const halfAnAnswer = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"data":');
const noAnswer = (socket: Socket) => socket.resetAndDestroy();

/** A pipeline before a server that treats each request as told, and a name that is lost after those. */
async function pipelineOf(...answers: ((socket: Socket) => unknown)[]): Promise<HttpPipeline> {
  const server = await startRawServer((socket, _head, index) => answers[index]!(socket));
  const { lookup } = lookingUp((asked) =>
    asked <= answers.length ? ['127.0.0.1'] : lookupError('EAI_AGAIN'),
  );
  const account = new Account(
    resolveOptions(
      {
        apiKey: API_KEY,
        baseUrl: `http://api.test:${server.port}/v1`,
        allowInsecureBaseUrl: true,
        retry: { maxRetries: answers.length, initialDelayMs: 1 },
        axios: { lookup },
      },
      'Here',
    ),
  );
  accounts.push(account);
  return new HttpPipeline(account);
}

const change: OpenRouterCall<string> = {
  operation: 'things.change',
  method: 'PATCH',
  path: '/things',
  key: 'api',
  decode: () => 'done',
};

describe('the delivery of a call', () => {
  it('is unknown where an earlier attempt may have arrived and the last one was not sent', async () => {
    const failure = await failureOf((await pipelineOf(noAnswer)).request(change));
    expect(failure).toMatchObject({
      name: 'OpenRouterConnectionException',
      phase: 'dns',
      delivery: 'unknown',
    });
  });

  it('is applied where an earlier attempt was applied and the last one was not sent', async () => {
    const failure = await failureOf((await pipelineOf(halfAnAnswer)).request(change));
    expect(failure).toMatchObject({
      name: 'OpenRouterConnectionException',
      phase: 'dns',
      delivery: 'applied',
    });
  });

  it('is applied where an earlier attempt was applied and the last one was refused', async () => {
    const pipeline = await pipelineOf(halfAnAnswer, (socket) => socket.end(refusal('409 Conflict')));
    const failure = await failureOf(pipeline.request(change));
    expect(failure).toMatchObject({ status: 409, delivery: 'applied' });
  });
});
