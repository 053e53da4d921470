import { afterEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  CreditsService,
  OpenRouterAbortException,
  OpenRouterClient,
  OpenRouterModule,
} from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { until } from '../support/waiting.js';

let sandbox: OpenRouterSandbox;

afterEach(() => sandbox.stop());

async function startSandbox(): Promise<OpenRouterSandbox> {
  sandbox = await OpenRouterSandbox.start();
  return sandbox;
}

function options({ managementKey, baseUrl }: OpenRouterSandbox): { managementKey: string; baseUrl: string } {
  return { managementKey, baseUrl };
}

/** Resolves once the sandbox has got `count` requests. */
async function requests(count: number): Promise<void> {
  await until(() => sandbox.requests.length >= count);
}

describe('shutdown of the application', () => {
  it('lets other providers call while they shut down, and refuses calls afterwards', async () => {
    const last: unknown[] = [];

    @Injectable()
    class Consumer implements OnModuleDestroy {
      constructor(@Inject(CreditsService) private readonly credits: CreditsService) {}

      async onModuleDestroy(): Promise<void> {
        last.push((await this.credits.getCredits()).balance);
      }
    }
    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot(options(await startSandbox()))],
      providers: [Consumer],
    }).compile();
    await module.init();
    const credits = module.get(CreditsService);
    await module.close();

    expect(last).toEqual([74.75]);
    await expect(credits.getCredits()).rejects.toMatchObject({
      name: 'OpenRouterAbortException',
      delivery: 'not-sent',
      message: 'credits.getCredits was not sent: the OpenRouter client is closed.',
    });
    expect(sandbox.requests).toHaveLength(1);
  });

  it('ends calls in flight', async () => {
    await startSandbox();
    sandbox.failNext({ fault: 'hang' });
    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot(options(sandbox))],
    }).compile();
    const call = module.get(CreditsService).getCredits();
    const outcome = expect(call).rejects.toMatchObject({
      name: 'OpenRouterAbortException',
      delivery: 'unknown',
    });
    await requests(1);
    await module.close();
    await outcome;
  });
});

describe('a client without Nest', () => {
  it('works with a key and a base URL', async () => {
    const client = new OpenRouterClient(options(await startSandbox()));
    await expect(client.credits.getCredits()).resolves.toMatchObject({ balance: 74.75 });
    await client.close();
  });

  it('takes a key alone', async () => {
    await startSandbox();
    const client = new OpenRouterClient('sk-or-v1-a-key');
    expect(client.options).toMatchObject({ keys: { api: true }, baseUrl: 'https://openrouter.ai/api/v1' });
    await client.close();
  });

  it('refuses bad options with a name for them', () => {
    expect(() => new OpenRouterClient('')).toThrow(/^OpenRouterClient: `apiKey` must not be blank/);
  });

  it('ends calls in flight when it is closed, and may be closed twice', async () => {
    await startSandbox();
    sandbox.failNext({ fault: 'hang' });
    const client = new OpenRouterClient(options(sandbox));
    const outcome = expect(client.credits.getCredits()).rejects.toThrow(OpenRouterAbortException);
    await requests(1);
    await client.close();
    await client.close();
    await outcome;
    await expect(client.credits.getCredits()).rejects.toThrow(/is closed/);
  });

  it('closes at the end of its block', async () => {
    const client = new OpenRouterClient(options(await startSandbox()));
    await client[Symbol.asyncDispose]();
    await expect(client.credits.getCredits()).rejects.toThrow(OpenRouterAbortException);
  });
});
