import { afterEach, describe, expect, it } from '@jest/globals';
import { setImmediate as tick } from 'node:timers/promises';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';
import {
  BalanceService,
  type CompletionCost,
  getOpenRouterClientToken,
  MeteringService,
  OpenRouterClient,
  OpenRouterConfigException,
  OpenRouterModule,
  type OpenRouterModuleOptions,
} from '../../lib/index.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../lib/testing/index.js';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

async function startSandbox(options: OpenRouterSandboxOptions = {}): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start(options);
  closers.push(() => sandbox.stop());
  return sandbox;
}

interface Metered {
  readonly sandbox: OpenRouterSandbox;
  readonly client: OpenRouterClient;
  readonly metering: MeteringService;
  readonly costs: CompletionCost[];
}

async function metered(options: Partial<OpenRouterModuleOptions> = {}): Promise<Metered> {
  const sandbox = await startSandbox();
  const { baseUrl, apiKey } = sandbox;
  const client = new OpenRouterClient({ apiKey, baseUrl, ...options });
  closers.push(() => client.close());
  const costs: CompletionCost[] = [];
  client.metering.costs$.subscribe((cost) => costs.push(cost));
  return { sandbox, client, metering: client.metering, costs };
}

/** A completion as a program without a client would request it. */
function complete(
  sandbox: OpenRouterSandbox,
  fetch: typeof globalThis.fetch,
  stream = false,
): Promise<Response> {
  return fetch(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-5-mini', stream, messages: [{ role: 'user', content: 'Hi' }] }),
  });
}

async function completed(sandbox: OpenRouterSandbox, fetch: typeof globalThis.fetch): Promise<string> {
  return (await complete(sandbox, fetch)).text();
}

const tenantsOf = (costs: readonly CompletionCost[]): (string | undefined)[] =>
  costs.map(({ scope }) => scope['tenant']);

describe('the metered fetch', () => {
  it('tells the cost of a completion, and takes it from the balance', async () => {
    const sandbox = await startSandbox();
    const { baseUrl, apiKey, managementKey } = sandbox;
    const client = new OpenRouterClient({ apiKey, managementKey, baseUrl });
    closers.push(() => client.close());
    const { balance, metering } = client;
    await balance.get();
    const cost = firstValueFrom(metering.costs$);
    // A client keeps the function apart from the service.
    const { fetch } = metering;
    await completed(sandbox, fetch);
    const [charge] = sandbox.charges;
    await expect(cost).resolves.toMatchObject({
      usd: charge?.usd,
      generationId: charge?.generationId,
      source: 'answer',
      outcome: 'complete',
      isStream: false,
    });
    expect(balance.peek()).toMatchObject({ spendable: 74.7485, estimated: 74.7485 });
  });

  it('sends through the function of the options', async () => {
    const urls: unknown[] = [];
    const { sandbox, metering, costs } = await metered({
      metering: {
        fetch: (input, init) => {
          urls.push(input);
          return globalThis.fetch(input, init);
        },
      },
    });
    await completed(sandbox, metering.fetch);
    expect(urls).toEqual([`${sandbox.baseUrl}/chat/completions`]);
    expect(costs).toHaveLength(1);
  });

  it('rejects if that function throws at once, and then nothing is open', async () => {
    const { sandbox, metering } = await metered({
      metering: {
        fetch: () => {
          throw new TypeError('not today');
        },
      },
    });
    await expect(Promise.all([completed(sandbox, metering.fetch)])).rejects.toThrow('not today');
    expect(metering.isIdle).toBe(true);
  });

  it('looks the global one up at each call', async () => {
    const { sandbox, metering, costs } = await metered();
    const original = globalThis.fetch;
    let calls = 0;
    globalThis.fetch = (...request) => {
      calls += 1;
      return original(...request);
    };
    try {
      await completed(sandbox, metering.fetch);
    } finally {
      globalThis.fetch = original;
    }
    expect([calls, costs.length]).toEqual([1, 1]);
  });

  it('may take the place of the global one, also with the meters of several accounts', async () => {
    const { client, costs, sandbox } = await metered();
    const { apiKey, baseUrl } = sandbox;
    const { fetch } = globalThis;
    closers.push(() => {
      globalThis.fetch = fetch;
      return Promise.resolve();
    });
    globalThis.fetch = client.metering.fetch;
    await completed(sandbox, globalThis.fetch);
    expect(costs).toHaveLength(1);

    const other = new OpenRouterClient({ apiKey, baseUrl });
    closers.push(() => other.close());
    const others: CompletionCost[] = [];
    other.metering.costs$.subscribe((cost) => others.push(cost));
    await completed(sandbox, other.metering.fetch);
    globalThis.fetch = other.metering.fetchFor({ tenant: 'acme' });
    await completed(sandbox, globalThis.fetch);
    expect([costs.length, others.length, sandbox.charges.length]).toEqual([1, 2, 3]);
  });

  it('counts a completion once if the metered one of another account is its own option', async () => {
    const { sandbox, metering, costs } = await metered();
    const { baseUrl, apiKey } = sandbox;
    const other = new OpenRouterClient({ apiKey, baseUrl, metering: { fetch: metering.fetch } });
    closers.push(() => other.close());
    const others: CompletionCost[] = [];
    other.metering.costs$.subscribe((cost) => others.push(cost));
    await completed(sandbox, other.metering.fetch);
    expect([costs.length, others.length, sandbox.charges.length]).toEqual([0, 1, 1]);
  });

  it('hands on an answer whose body cannot be followed', async () => {
    const answer = { status: 200, headers: new Headers(), json: () => Promise.resolve({ id: 'gen-1' }) };
    const { sandbox, metering } = await metered({
      metering: { fetch: () => Promise.resolve(answer as Response) },
    });
    await expect((await complete(sandbox, metering.fetch)).json()).resolves.toEqual({ id: 'gen-1' });
    expect(metering.isIdle).toBe(true);
  });

  it('leaves requests that are no completions alone', async () => {
    const { sandbox, metering, costs } = await metered();
    const headers = { authorization: `Bearer ${sandbox.managementKey}`, 'content-type': 'application/json' };
    await (await metering.fetch(`${sandbox.baseUrl}/credits`, { headers })).text();
    const body = JSON.stringify({ name: 'a key' });
    await (await metering.fetch(`${sandbox.baseUrl}/keys`, { method: 'POST', headers, body })).text();
    await metering.settled();
    expect(costs).toEqual([]);
  });

  it('refuses a completion without a scope where the options say so', async () => {
    const { sandbox, metering, costs } = await metered({ metering: { onUnattributed: 'refuse' } });
    const refused = await complete(sandbox, metering.fetch);
    expect(refused.status).toBe(402);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    await expect(refused.json()).resolves.toMatchObject({
      error: {
        code: 402,
        message: expect.stringContaining('@MeterAs'),
        metadata: { limit_source: 'application_unattributed' },
      },
    });
    expect(sandbox.requests).toEqual([]);
    await completed(sandbox, metering.fetchFor({}));
    await metering.run({ tenant: 'acme' }, () => completed(sandbox, metering.fetch));
    expect(tenantsOf(costs)).toEqual([undefined, 'acme']);
  });
});

describe('a scope', () => {
  it('is in force for what a function calls, now and later', async () => {
    const { sandbox, metering, costs } = await metered();
    expect(metering.scope).toBeUndefined();
    const result = metering.run({ tenant: 'acme' }, async () => {
      await tick();
      expect({ ...metering.scope }).toEqual({ tenant: 'acme' });
      return completed(sandbox, metering.fetch);
    });
    expect(metering.scope).toBeUndefined();
    await expect(result).resolves.toContain('gen-');
    expect(tenantsOf(costs)).toEqual(['acme']);
  });

  it('returns and throws what the function does', async () => {
    const { metering } = await metered();
    expect(metering.run({ tenant: 'a' }, () => 7)).toBe(7);
    const error = new Error('of the function');
    expect(() =>
      metering.run({ tenant: 'a' }, () => {
        throw error;
      }),
    ).toThrow(error);
    expect(metering.scope).toBeUndefined();
  });

  it.each([[undefined], ['answer'], [Promise.resolve(1)]])('needs a function: %p', async (fn) => {
    const { metering } = await metered();
    expect(() => metering.run({ tenant: 'a' }, fn as never)).toThrow(
      'metering.run: `fn` must be a function, for example () => this.answer(question); got',
    );
  });

  it('is merged with the outer one, whose values it replaces', async () => {
    const { metering } = await metered();
    metering.run({ tenant: 'a', user: 'u' }, () => {
      metering.run({ user: 'v', feature: 'f' }, () => {
        expect({ ...metering.scope }).toEqual({ tenant: 'a', user: 'v', feature: 'f' });
      });
      expect({ ...metering.scope }).toEqual({ tenant: 'a', user: 'u' });
    });
  });

  it('that is fixed counts whatever is in force', async () => {
    const { sandbox, metering, costs } = await metered();
    const fetch = metering.fetchFor({ tenant: 'fixed' });
    await metering.run({ tenant: 'ambient', user: 'u' }, () => completed(sandbox, fetch));
    expect(costs.map(({ scope }) => ({ ...scope }))).toEqual([{ tenant: 'fixed' }]);
  });

  it('is checked before anything is sent or called', async () => {
    const { sandbox, metering } = await metered();
    const bad = { Tenant: 'acme' };
    expect(() => metering.fetchFor(bad)).toThrow('metering.fetchFor, scope');
    expect(() => metering.run(bad, () => completed(sandbox, metering.fetch))).toThrow('metering.run, scope');
    expect(sandbox.requests).toEqual([]);
  });

  it('is never that of another request among 200 at once', async () => {
    const { sandbox, metering, costs } = await metered();
    const tenants = ['a', 'b', 'c', 'd'];
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const tenant = tenants[index % 4]!;
        return metering.run({ tenant, user: `${tenant}${index}` }, async () => {
          await tick();
          await completed(sandbox, metering.fetch);
        });
      }),
    );
    expect(costs).toHaveLength(200);
    expect(costs.every(({ scope }) => scope['user']?.startsWith(scope['tenant']!))).toBe(true);
    expect(tenants.map((tenant) => tenantsOf(costs).filter((each) => each === tenant).length)).toEqual([
      50, 50, 50, 50,
    ]);
  });
});

describe('a recorded cost', () => {
  it('is told once for an id, with the scope in force', async () => {
    const { metering, costs } = await metered();
    const request = { usd: 0.4, id: 'video-1', model: 'google/veo-3' };
    const first = await metering.run({ tenant: 'acme' }, () => metering.record(request));
    expect(first).toMatchObject({ id: 'video-1', usd: 0.4, source: 'recorded', model: 'google/veo-3' });
    expect({ ...first.scope }).toEqual({ tenant: 'acme' });
    await expect(metering.record({ ...request, usd: 9 })).resolves.toBe(first);
    expect(costs).toEqual([first]);
    const other = await metering.record({ usd: 0.1, scope: { tenant: 'b' } });
    expect(other.id).not.toBe('video-1');
    expect(costs).toHaveLength(2);
  });

  it.each<[unknown, string]>([
    [undefined, 'the options must be an object'],
    [{}, '`usd` must be given'],
    [{ usd: -1 }, '`usd` must be a number of US dollars from 0 to 9000000; got -1'],
    [{ usd: Number.NaN }, '`usd` must be a number'],
    [{ usd: '1' }, '`usd` must be a number'],
    [{ usd: 1, id: '' }, '`id` must be a string of 1 to 200 characters'],
    [
      { usd: 1, id: 'a\uD800' },
      '`id` must be a string of 1 to 200 characters without halves of surrogate pairs',
    ],
    [{ usd: 1, model: 7 }, '`model` must be a string'],
    [{ usd: 1, scope: null }, '`scope` must be an object of strings'],
    [{ usd: 1, scope: { tenant: 7 } }, '`tenant` must be a string'],
    [{ usd: 1, cost: 2 }, '`cost` is not known'],
  ])('%j is refused', async (request, message) => {
    const { metering, costs } = await metered();
    await expect(metering.record(request as never)).rejects.toThrow(message);
    expect(costs).toEqual([]);
  });
});

describe('`settled`', () => {
  it('waits for the end of every answer', async () => {
    const { sandbox, metering, costs } = await metered();
    await metering.settled();
    const response = await complete(sandbox, metering.fetch, true);
    let isSettled = false;
    const settled = metering.settled().then(() => (isSettled = true));
    await tick();
    expect(isSettled).toBe(false);
    await response.text();
    await settled;
    expect(costs).toHaveLength(1);
  });

  it('ends with its signal', async () => {
    const { sandbox, metering } = await metered();
    const response = await complete(sandbox, metering.fetch, true);
    const abort = new AbortController();
    const settled = metering.settled({ signal: abort.signal });
    abort.abort();
    await expect(settled).rejects.toThrow('metering.settled');
    await expect(metering.settled({ signal: 'now' as never })).rejects.toThrow(
      '`signal` must be an AbortSignal',
    );
    await response.text();
  });
});

describe('the service of an application', () => {
  it('is one for each account', async () => {
    const [first, second] = [await startSandbox(), await startSandbox()];
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({ apiKey: first.apiKey, baseUrl: first.baseUrl }),
        OpenRouterModule.forRoot({ name: 'eu', apiKey: second.apiKey, baseUrl: second.baseUrl }),
      ],
    }).compile();
    await module.init();
    closers.push(() => module.close());
    const metering = module.get(MeteringService);
    expect(module.get(OpenRouterClient).metering).toBe(metering);
    const eu = module.get<OpenRouterClient>(getOpenRouterClientToken('eu')).metering;
    expect(eu).toBeInstanceOf(MeteringService);
    expect(eu).not.toBe(metering);
    const costs: CompletionCost[] = [];
    eu.costs$.subscribe((cost) => costs.push(cost));
    // The scope in force is one for all accounts.
    await metering.run({ tenant: 'acme' }, () => completed(second, eu.fetch));
    expect(tenantsOf(costs)).toEqual(['acme']);
  });

  it('takes nothing from its balance that was spent with a key of another account', async () => {
    const sandbox = await startSandbox();
    const { baseUrl, managementKey, apiKey } = sandbox;
    const other = await startSandbox();
    const module = await Test.createTestingModule({
      imports: [
        OpenRouterModule.forRoot({ managementKey, baseUrl }),
        OpenRouterModule.forRoot({ name: 'other', apiKey, baseUrl: other.baseUrl }),
      ],
    }).compile();
    await module.init();
    closers.push(() => module.close());
    const balance = module.get(BalanceService);
    const before = await balance.get();
    const metering = module.get(MeteringService);
    const cost = firstValueFrom(metering.costs$);
    await completed(sandbox, metering.fetch);
    await expect(cost).resolves.toMatchObject({ usd: 0.0015 });
    expect(balance.peek()?.estimated).toBe(before.estimated);
  });

  it('cannot be made by listing it in `providers`', async () => {
    const making = Test.createTestingModule({
      providers: [
        { provide: MeteringService, useFactory: () => new MeteringService(undefined, {} as never) },
      ],
    }).compile();
    await expect(making).rejects.toThrow(OpenRouterConfigException);
    await expect(making).rejects.toThrow('new OpenRouterClient(key).metering');
  });

  it('asks at its end for costs that are not known yet, before the connections are closed', async () => {
    const sandbox = await startSandbox({ generationMisses: 0 });
    const { baseUrl, apiKey } = sandbox;
    const module = await Test.createTestingModule({
      imports: [OpenRouterModule.forRoot({ apiKey, baseUrl, metering: { lookupDelaysMs: [600_000] } })],
    }).compile();
    await module.init();
    const metering = module.get(MeteringService);
    const costs: CompletionCost[] = [];
    let isComplete = false;
    metering.costs$.subscribe({ next: (cost) => costs.push(cost), complete: () => (isComplete = true) });
    sandbox.onCompletion(() => ({ usage: 'missing', usd: 0.25 }));
    await completed(sandbox, metering.fetch);
    expect(costs).toEqual([]);
    await module.close();
    expect(costs).toMatchObject([{ usd: 0.25, source: 'generation' }]);
    expect(isComplete).toBe(true);
  });

  it('asks once more before a client is closed, however late the next look-up is', async () => {
    const { sandbox, client, metering, costs } = await metered({
      metering: { lookupDelaysMs: [1, 600_000] },
    });
    sandbox.onCompletion(() => ({ usage: 'missing', usd: 0.25 }));
    await completed(sandbox, metering.fetch);
    // The sandbox does not know it the first time; then nothing is due for ten minutes.
    await metering.settled();
    expect(costs).toEqual([]);
    await client.close();
    expect(costs).toMatchObject([{ usd: 0.25, source: 'generation' }]);
  });

  it('tells at its end what could not be learned', async () => {
    const { sandbox, client, metering, costs } = await metered({
      metering: { lookupDelaysMs: [600_000], shutdownMs: 0 },
    });
    sandbox.onCompletion(() => ({ usage: 'missing' }));
    await completed(sandbox, metering.fetch);
    await client.close();
    expect(costs).toMatchObject([
      { usd: null, source: 'unknown', generationId: sandbox.charges[0]?.generationId },
    ]);
  });
});
