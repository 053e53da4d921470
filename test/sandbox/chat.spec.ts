import { describe, expect, it } from '@jest/globals';
import type { OpenRouterSandbox, SandboxFailure } from '../../lib/testing/index.js';
import { type Answer, call, manage, setClock, start } from './support/sandbox.js';

const messages = [{ role: 'user', content: 'Hello?' }];

function complete(
  sandbox: OpenRouterSandbox,
  body: unknown = {},
  key: string | undefined = sandbox.apiKey,
): Promise<Answer> {
  const request = Array.isArray(body) ? body : { model: 'openai/gpt-4.1', messages, ...(body as object) };
  return call(sandbox, '/chat/completions', key, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'http-referer': 'https://app.example/',
      'user-agent': 'test',
    },
    body: JSON.stringify(request),
  });
}

async function usage(sandbox: OpenRouterSandbox): Promise<unknown[]> {
  const credits = (await manage(sandbox, 'GET', '/credits')).json.data;
  const key = (await call(sandbox, '/key', sandbox.apiKey)).json.data;
  return [credits.total_usage, key.usage];
}

describe('POST /chat/completions', () => {
  it('answers, and charges the key that asked', async () => {
    setClock('2026-03-10T12:00:00Z');
    const sandbox = await start({ credits: { totalCredits: 1, totalUsage: 0 } });
    const { status, headers, json } = await complete(sandbox);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id: headers.get('x-generation-id'),
      object: 'chat.completion',
      model: 'openai/gpt-4.1',
      provider: 'OpenAI',
      choices: [
        { message: { role: 'assistant', content: 'Hello from the sandbox.' }, finish_reason: 'stop' },
      ],
      usage: { cost: 0.0015, prompt_tokens: 9, completion_tokens: 5, total_tokens: 14, is_byok: false },
    });
    expect(await usage(sandbox)).toEqual([0.0015, 0.0015]);

    setClock('2026-03-11T12:00:00Z');
    expect((await manage(sandbox, 'GET', '/activity')).json.data).toMatchObject([
      { date: '2026-03-10', usage: 0.0015, requests: 1, prompt_tokens: 9, completion_tokens: 5 },
    ]);
  });

  it('costs what it is told to', async () => {
    const sandbox = await start({ completionCost: 0.1, credits: { totalCredits: 1, totalUsage: 0 } });
    for (let i = 0; i < 3; i++) expect((await complete(sandbox)).json.usage.cost).toBe(0.1);
    expect(await usage(sandbox)).toEqual([0.3, 0.3]);
  });

  it('streams, with the usage in its last chunk', async () => {
    const sandbox = await start();
    const { status, headers, text } = await complete(sandbox, { stream: true });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/event-stream');
    const lines = text.split('\n\n').filter((line) => line !== '');
    expect(lines[0]).toMatch(/^: /);
    expect(lines.at(-1)).toBe('data: [DONE]');
    const chunks = lines.slice(1, -1).map((line) => JSON.parse(line.slice('data: '.length)));
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set([headers.get('x-generation-id')]));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content).join('')).toBe('Hello from the sandbox.');
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop']);
    expect(chunks.map((chunk) => chunk.usage?.cost).filter(Boolean)).toEqual([0.0015]);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { cost: 0.0015 } });
    expect((await usage(sandbox))[1]).toBe(0.0015);
  });

  it('charges a key made by the API', async () => {
    const sandbox = await start();
    const { json } = await manage(sandbox, 'POST', '/keys', { name: 'Customer' });
    expect((await complete(sandbox, {}, json.key)).status).toBe(200);
    expect((await call(sandbox, '/key', json.key)).json.data).toMatchObject({
      usage: 0.0015,
      usage_daily: 0.0015,
    });
    expect((await usage(sandbox))[1]).toBe(0);
  });

  it('knows no management key, and no other stranger', async () => {
    const sandbox = await start();
    for (const key of [sandbox.managementKey, 'sk-or-v1-nobody']) {
      expect(await complete(sandbox, {}, key)).toMatchObject({
        status: 401,
        json: { error: { code: 401, message: 'User not found.' } },
      });
    }
    expect((await complete(sandbox, {}, '')).json.error.message).toBe('Missing Authentication header');
    expect((await usage(sandbox))[0]).toBe(25.75);
  });

  it.each([
    { messages: undefined },
    { messages: [] },
    { messages: 'hi' },
    { messages: [{ content: 'hi' }] },
    { model: 5 },
    { stream: 'yes' },
    { user: 5 },
    [],
  ])('answers 400 to %j, for nothing', async (body) => {
    const sandbox = await start();
    expect((await complete(sandbox, body)).status).toBe(400);
    expect((await usage(sandbox))[0]).toBe(25.75);
  });

  it('takes null for what may be left out', async () => {
    expect((await complete(await start(), { stream: null, user: null, model: undefined })).status).toBe(200);
  });
});

describe('a completion is refused', () => {
  it('with 402 once the balance is not above zero, streamed or not', async () => {
    const sandbox = await start({ credits: { totalCredits: 1, totalUsage: 0.999 } });
    expect((await complete(sandbox)).status).toBe(200);
    for (const stream of [false, true]) {
      expect(await complete(sandbox, { stream })).toMatchObject({
        status: 402,
        json: {
          error: {
            code: 402,
            message: 'Insufficient credits. Add more using https://openrouter.ai/credits',
            metadata: { limit_source: 'openrouter_credits' },
          },
          user_id: expect.stringMatching(/^user_/),
        },
      });
    }
    sandbox.topUp(0.0004);
    expect((await complete(sandbox)).status).toBe(402);
    sandbox.topUp(0.0002);
    expect((await complete(sandbox)).status).toBe(200);
  });

  it.each([
    [null, 'total', '2026-03-12T00:00:00Z', 403],
    ['daily', 'daily', '2026-03-12T00:00:00Z', 200],
    ['weekly', 'weekly', '2026-03-16T00:00:00Z', 200],
    ['monthly', 'monthly', '2026-04-01T00:00:00Z', 200],
  ] as const)('with 403 once the key’s %s limit is used up', async (keyLimitReset, name, later, then) => {
    setClock('2026-03-11T12:00:00Z');
    const sandbox = await start({ keyLimit: 0.003, keyLimitReset });
    expect((await complete(sandbox)).status).toBe(200);
    expect((await complete(sandbox)).status).toBe(200);
    const { status, json } = await complete(sandbox);
    expect(status).toBe(403);
    expect(json.error).toEqual({
      code: 403,
      message: `Key limit exceeded (${name} limit). Manage it using https://openrouter.ai/settings/keys`,
    });
    setClock(later);
    expect((await complete(sandbox)).status).toBe(then);
  });

  it('with 402 for a key’s limit, when told to', async () => {
    const sandbox = await start({ keyLimit: 0, keyLimitReset: 'monthly', keyLimitStatus: 402 });
    const { status, json } = await complete(sandbox);
    expect(status).toBe(402);
    expect(json.error).toEqual({
      code: 402,
      message:
        'This request requires more credits, or fewer max_tokens. You requested up to 5 tokens, but can only afford 0. To increase, visit https://openrouter.ai/settings/keys and create a key with a higher monthly limit',
      metadata: { limit_source: 'openrouter_key_limit' },
    });
  });

  it('with 403 once a budget of its workspace is used up; the broadest is named', async () => {
    setClock('2026-03-11T12:00:00Z');
    const sandbox = await start();
    const put = (interval: string, body: object): Promise<Answer> =>
      manage(sandbox, 'PUT', `/workspaces/default/budgets/${interval}`, body);
    await put('monthly', { limit_usd: 5 });
    await put('daily', { limit_usd: 2 });
    sandbox.spend(1, { byokUsd: 1.5 });
    expect((await complete(sandbox)).status).toBe(200);
    await put('daily', { limit_usd: 2, include_byok_in_budgets: true });
    expect((await complete(sandbox)).json.error).toEqual({
      code: 403,
      message: 'Workspace daily budget of $2.00 exceeded. Contact your org admin.',
      metadata: {
        limit_source: 'openrouter_workspace_budget',
        scope: 'workspace',
        limit_usd: 2,
        spend_usd: 2.5015,
        resets_at: '2026-03-12T00:00:00.000Z',
      },
    });
    sandbox.spend(3);
    expect((await complete(sandbox)).json.error.metadata).toMatchObject({
      limit_usd: 5,
      resets_at: '2026-04-01T00:00:00.000Z',
    });
    setClock('2026-04-01T00:00:00Z');
    expect((await complete(sandbox)).status).toBe(200);
    await put('lifetime', { limit_usd: 5.1 });
    expect((await complete(sandbox)).json.error).toMatchObject({
      message: 'Workspace lifetime budget of $5.10 exceeded. Contact your org admin.',
      metadata: { resets_at: null },
    });
    const { json } = await manage(sandbox, 'POST', '/workspaces', { name: 'Other', slug: 'other' });
    const other = await manage(sandbox, 'POST', '/keys', { name: 'Other', workspace_id: json.data.id });
    expect((await complete(sandbox, {}, other.json.key)).status).toBe(200);
  });

  it('by a weekly budget until Monday', async () => {
    setClock('2026-03-11T12:00:00Z');
    const sandbox = await start();
    await manage(sandbox, 'PUT', '/workspaces/default/budgets/weekly', { limit_usd: 1 });
    sandbox.spend(1, { at: new Date('2026-03-09T00:00:00Z') });
    const { json } = await complete(sandbox);
    expect(json.error.metadata.resets_at).toBe('2026-03-16T00:00:00.000Z');
  });
});

/** Completions that are under way until their clients leave. */
async function openStreams(sandbox: OpenRouterSandbox, count: number): Promise<{ leave(): void }> {
  const clients = Array.from({ length: count }, () => new AbortController());
  const answers = await Promise.all(
    clients.map(({ signal }) =>
      fetch(`${sandbox.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sandbox.apiKey}` },
        body: JSON.stringify({ messages, stream: true }),
        signal,
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(count).fill(200));
  return {
    leave: () => {
      for (const client of clients) client.abort();
    },
  };
}

/** Waits until an account's `total_usage` and its key's `usage` are so. */
async function isBooked(sandbox: OpenRouterSandbox, expected: readonly number[]): Promise<void> {
  while (JSON.stringify(await usage(sandbox)) !== JSON.stringify(expected));
}

describe('a completion is booked when it ends', () => {
  const ENDLESS = 2_147_483_647;

  it.each([
    ['the balance', { credits: { totalCredits: 1, totalUsage: 0.999 } }, 402],
    ['the key’s limit', { credits: { totalCredits: 9, totalUsage: 0.999 }, keyLimit: 0.001 }, 403],
    ['a budget', { credits: { totalCredits: 9, totalUsage: 0.999 } }, 403],
  ])('so that those at the same time overspend %s together', async (title, options, status) => {
    const sandbox = await start({
      ...options,
      completionCost: 0.25,
      completionMs: ENDLESS,
      cancelledBilling: 'full',
    });
    if (title === 'a budget') {
      await manage(sandbox, 'PUT', '/workspaces/default/budgets/daily', { limit_usd: 0.001 });
    }
    const underWay = await openStreams(sandbox, 4);
    expect(await usage(sandbox)).toEqual([0.999, 0]);
    underWay.leave();
    await isBooked(sandbox, [1.999, 1]);
    expect((await complete(sandbox)).status).toBe(status);
  });

  it('and is no generation before', async () => {
    const sandbox = await start({ completionMs: ENDLESS, generationMisses: 1, cancelledBilling: 'full' });
    const client = new AbortController();
    const { headers } = await fetch(`${sandbox.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.apiKey}` },
      body: JSON.stringify({ messages, stream: true }),
      signal: client.signal,
    });
    const ask = async (): Promise<number> =>
      (await call(sandbox, `/generation?id=${headers.get('x-generation-id')!}`, sandbox.apiKey)).status;
    expect([await ask(), await ask()]).toEqual([404, 404]);
    client.abort();
    await isBooked(sandbox, [25.7515, 0.0015]);
    expect([await ask(), await ask()]).toEqual([404, 200]);
  });

  it.each([false, true])(
    'is booked before the last byte of an answer that takes its time: stream %p',
    async (stream) => {
      const sandbox = await start({ completionMs: 60 });
      const from = performance.now();
      const { text } = await complete(sandbox, { stream });
      expect(performance.now() - from).toBeGreaterThanOrEqual(55);
      expect(await usage(sandbox)).toEqual([25.7515, 0.0015]);
      expect(text.match(/"content":"[^"]+"/g)?.join('')).toBe(
        stream
          ? '"content":"Hello""content":" from""content":" the""content":" sandbox""content":"."'
          : '"content":"Hello from the sandbox."',
      );
    },
  );

  it('while a stream has sent what it could by then', async () => {
    const sandbox = await start({ completionMs: ENDLESS, cancelledBilling: 'full' });
    const client = new AbortController();
    const response = await fetch(`${sandbox.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.apiKey}` },
      body: JSON.stringify({ messages, stream: true }),
      signal: client.signal,
    });
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe(': OPENROUTER PROCESSING\n\n');
    expect(await usage(sandbox)).toEqual([25.75, 0]);
    client.abort();
    await isBooked(sandbox, [25.7515, 0.0015]);
  });

  it('also one whose answer is lost, whatever loses it', async () => {
    const sandbox = await start();
    for (const [index, failure] of [{ fault: 'reset' }, { status: 503 }, { fault: 'truncate' }].entries()) {
      sandbox.failNext({ ...(failure as SandboxFailure), when: 'after' });
      await complete(sandbox, { stream: index % 2 === 0 }).catch(() => undefined);
    }
    sandbox.failNext({ fault: 'hang', when: 'after' });
    const client = new AbortController();
    const hung = call(sandbox, '/chat/completions', sandbox.apiKey, {
      method: 'POST',
      body: JSON.stringify({ messages }),
      signal: client.signal,
    });
    await isBooked(sandbox, [25.756, 0.006]);
    client.abort();
    await expect(hung).rejects.toThrow();
    expect(await usage(sandbox)).toEqual([25.756, 0.006]);
  });
});

describe('GET /generation', () => {
  it('finds nothing at first, then the completion', async () => {
    setClock('2026-03-11T12:00:00Z');
    const sandbox = await start();
    const { json } = await complete(sandbox, { user: 'end-user', stream: false });
    const ask = (key = sandbox.apiKey): Promise<Answer> => call(sandbox, `/generation?id=${json.id}`, key);
    expect(await ask()).toMatchObject({ status: 404, json: { error: { message: 'Resource not found' } } });
    const found = await ask();
    expect(found.status).toBe(200);
    expect(found.json.data).toMatchObject({
      id: json.id,
      model: 'openai/gpt-4.1',
      provider_name: 'OpenAI',
      total_cost: 0.0015,
      usage: 0.0015,
      upstream_inference_cost: null,
      is_byok: false,
      tokens_prompt: 9,
      tokens_completion: 5,
      streamed: false,
      external_user: 'end-user',
      http_referer: 'https://app.example/',
      user_agent: 'test',
      created_at: '2026-03-11T12:00:00.000Z',
    });
    expect((await ask(sandbox.managementKey)).json).toEqual(found.json);
  });

  it.each([0, 3])('finds nothing %d times when told to', async (generationMisses) => {
    const sandbox = await start({ generationMisses });
    const { json } = await complete(sandbox, { stream: true }).then(({ headers }) => ({
      json: { id: headers.get('x-generation-id') ?? '' },
    }));
    for (let i = 0; i < generationMisses; i++) {
      expect((await call(sandbox, `/generation?id=${json.id}`, sandbox.apiKey)).status).toBe(404);
    }
    expect((await call(sandbox, `/generation?id=${json.id}`, sandbox.apiKey)).json.data.streamed).toBe(true);
  });

  it('is for the account alone', async () => {
    const [sandbox, other] = [await start({ generationMisses: 0 }), await start({ generationMisses: 0 })];
    const { json } = await complete(sandbox);
    expect((await call(sandbox, `/generation?id=${json.id}`)).status).toBe(401);
    expect((await call(sandbox, `/generation?id=${json.id}`, other.apiKey)).status).toBe(401);
    expect((await call(other, `/generation?id=${json.id}`, other.apiKey)).status).toBe(404);
    expect((await call(sandbox, '/generation', sandbox.apiKey)).status).toBe(404);
  });
});
