import { Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import {
  OpenRouterSandbox,
  type OpenRouterSandboxOptions,
  type SandboxFailure,
} from '../../lib/testing/index.js';
import { OpenRouterClient } from '../../lib/index.js';
import { call, start } from './support/sandbox.js';

async function credits(sandbox: OpenRouterSandbox): Promise<{ total_credits: number; total_usage: number }> {
  return (await call(sandbox, '/credits', sandbox.managementKey)).json.data;
}

async function key(sandbox: OpenRouterSandbox): Promise<any> {
  return (await call(sandbox, '/key', sandbox.apiKey)).json.data;
}

function charge(sandbox: OpenRouterSandbox, body: unknown, withKey: string | undefined = sandbox.apiKey) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return call(sandbox, '/credits/coinbase', withKey, { method: 'POST', body: text });
}

/** What a plain socket sees of `GET /credits`: every byte, and how the connection ended. */
function wire(sandbox: OpenRouterSandbox, until?: string): Promise<{ text: string; end: string }> {
  const { port, host } = new URL(sandbox.baseUrl);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`GET /api/v1/credits HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    });
    const finish = (end: string): void => {
      socket.destroy();
      resolve({ text, end });
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (until !== undefined && text.includes(until)) finish('open');
    });
    socket.on('end', () => finish('FIN'));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}

describe('GET /credits', () => {
  it('gives the totals to the management key', async () => {
    const sandbox = await start();
    const { status, headers, json } = await call(sandbox, '/credits', sandbox.managementKey);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json');
    expect(json).toEqual({ data: { total_credits: 100.5, total_usage: 25.75 } });
  });

  it('starts from the given totals, a negative balance included', async () => {
    const sandbox = await start({ credits: { totalCredits: 5, totalUsage: 6.1234567891 } });
    expect(await credits(sandbox)).toEqual({ total_credits: 5, total_usage: 6.1234567891 });
  });

  it.each([
    ['no key', undefined, 'Missing Authentication header'],
    ['an unknown key', 'sk-or-v1-nobody', 'User not found.'],
  ])('answers 401 to %s', async (_case, unknownKey, message) => {
    const { status, json } = await call(await start(), '/credits', unknownKey);
    expect(status).toBe(401);
    expect(json).toEqual({ error: { code: 401, message } });
  });

  it('takes a scheme other than Bearer for no key', async () => {
    const sandbox = await start();
    const { json } = await call(sandbox, '/credits', undefined, {
      headers: { authorization: `Basic ${sandbox.managementKey}` },
    });
    expect(json.error.message).toBe('Missing Authentication header');
  });

  it('answers 403 to the inference key and names the caller', async () => {
    const sandbox = await start();
    const { status, json } = await call(sandbox, '/credits', sandbox.apiKey);
    expect(status).toBe(403);
    expect(json).toEqual({
      error: { code: 403, message: 'Only management keys can perform this operation' },
      user_id: (await key(sandbox)).creator_user_id,
    });
  });

  it.each([
    ['zeros', { total_credits: 0, total_usage: 0 }],
    ['real', { total_credits: 100.5, total_usage: 25.75 }],
  ] as const)('gives the inference key %s when asked to', async (inferenceKeyCredits, data) => {
    const sandbox = await start({ inferenceKeyCredits });
    const { status, json } = await call(sandbox, '/credits', sandbox.apiKey);
    expect({ status, json }).toEqual({ status: 200, json: { data } });
    expect(await credits(sandbox)).toEqual({ total_credits: 100.5, total_usage: 25.75 });
  });
});

describe('GET /key', () => {
  it('describes the inference key', async () => {
    const sandbox = await start({ keyLimit: 10, keyLimitReset: 'monthly' });
    const { status, headers, json } = await call(sandbox, '/key', sandbox.apiKey);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-store');
    const limit = {
      budget_id: null,
      guardrail_id: null,
      include_byok: false,
      limit_usd: 10,
      spend_usd: 0,
      remaining_usd: 10,
      reset_interval: 'monthly',
      resets_at: expect.stringMatching(/^\d{4}-\d\d-01T00:00:00\.000Z$/),
      scope: 'key_limit',
    };
    expect(json).toEqual({
      data: {
        budgets: [limit],
        effective_budget: limit,
        label: `${sandbox.apiKey.slice(0, 12)}...${sandbox.apiKey.slice(-4)}`,
        limit: 10,
        limit_remaining: 10,
        limit_reset: 'monthly',
        include_byok_in_limit: false,
        usage: 0,
        usage_daily: 0,
        usage_weekly: 0,
        usage_monthly: 0,
        byok_usage: 0,
        byok_usage_daily: 0,
        byok_usage_weekly: 0,
        byok_usage_monthly: 0,
        is_free_tier: false,
        is_management_key: false,
        is_provisioning_key: false,
        creator_user_id: expect.stringMatching(/^user_[0-9a-f]{27}$/),
        expires_at: null,
        allowed_data_regions: ['global'],
        free_model_daily_requests: { limit: 1000, remaining: 1000, used: 0 },
        organization_id: null,
        workspace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        rate_limit: { requests: -1, interval: '10s', note: expect.any(String) },
      },
    });
  });

  it('describes the management key, which has neither limit nor usage', async () => {
    const sandbox = await start({ keyLimit: 10, keyLimitReset: 'daily' });
    sandbox.spend(4);
    const { json } = await call(sandbox, '/key', sandbox.managementKey);
    expect(json.data).toMatchObject({
      label: `${sandbox.managementKey.slice(0, 12)}...${sandbox.managementKey.slice(-4)}`,
      is_management_key: true,
      is_provisioning_key: true,
      limit: null,
      limit_remaining: null,
      limit_reset: null,
      usage: 0,
      usage_daily: 0,
    });
  });

  it('answers at its old address too', async () => {
    const sandbox = await start();
    const { status, json } = await call(sandbox, '/auth/key', sandbox.apiKey);
    expect({ status, data: json.data }).toEqual({ status: 200, data: await key(sandbox) });
  });

  it.each(['/key', '/auth/key'])('answers 401 to no key and to an unknown key at %s', async (path) => {
    const sandbox = await start();
    expect((await call(sandbox, path)).status).toBe(401);
    expect((await call(sandbox, path, 'sk-or-v1-nobody')).status).toBe(401);
  });

  it('counts an account that never paid as free, with the small quota of free requests', async () => {
    const sandbox = await start({ credits: { totalCredits: 0, totalUsage: 0 } });
    expect(await key(sandbox)).toMatchObject({
      is_free_tier: true,
      free_model_daily_requests: { limit: 50, remaining: 50, used: 0 },
    });
  });

  it('shows no short key in its label', async () => {
    const sandbox = await start({ apiKey: 'my-key', managementKey: 'sk-or-v1-mine' });
    expect((await key(sandbox)).label).toBe('my-...');
    expect((await call(sandbox, '/key', 'sk-or-v1-mine')).json.data.label).toBe('sk-...');
  });
});

describe('spend and topUp', () => {
  it('moves the account and the key by exact sums', async () => {
    const sandbox = await start({ credits: { totalCredits: 1, totalUsage: 0 }, keyLimit: 1 });
    for (let i = 0; i < 3; i++) sandbox.spend(0.1);
    expect(await credits(sandbox)).toEqual({ total_credits: 1, total_usage: 0.3 });
    expect(await key(sandbox)).toMatchObject({
      usage: 0.3,
      usage_daily: 0.3,
      usage_weekly: 0.3,
      usage_monthly: 0.3,
      limit: 1,
      limit_remaining: 0.7,
    });
  });

  it('keeps digits from the tiny to the huge', async () => {
    const sandbox = await start({ credits: { totalCredits: 1e21, totalUsage: 0 } });
    sandbox.spend(1.5e-7);
    sandbox.spend(0.2);
    sandbox.spend(1e-31);
    sandbox.topUp(0);
    expect(await credits(sandbox)).toEqual({ total_credits: 1e21, total_usage: 0.20000015 });
    const other = await start();
    for (let i = 0; i < 3; i++) other.spend(1e-18);
    expect((await key(other)).usage).toBe(3e-18);
  });

  it('tops up the account and leaves the key alone', async () => {
    const sandbox = await start();
    sandbox.topUp(0.1);
    sandbox.topUp(0.2);
    expect(await credits(sandbox)).toEqual({ total_credits: 100.8, total_usage: 25.75 });
    expect((await key(sandbox)).usage).toBe(0);
  });

  it('lets the balance and the key limit go below zero', async () => {
    const sandbox = await start({ credits: { totalCredits: 1, totalUsage: 0.9 }, keyLimit: 0.1 });
    sandbox.spend(0.4);
    expect(await credits(sandbox)).toEqual({ total_credits: 1, total_usage: 1.3 });
    expect((await key(sandbox)).limit_remaining).toBe(-0.3);
  });

  it.each([
    ['daily', '2026-03-04T23:59:59Z', '2026-03-05T00:00:00Z'],
    ['weekly', '2026-03-08T23:59:59Z', '2026-03-09T00:00:00Z'],
    ['monthly', '2026-03-31T23:59:59Z', '2026-04-01T00:00:00Z'],
  ] as const)('starts the %s usage and limit over in UTC', async (period, before, after) => {
    jest.useFakeTimers({ now: new Date(before), doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
    const sandbox = await start({ keyLimit: 10, keyLimitReset: period });
    sandbox.spend(4);
    expect(await key(sandbox)).toMatchObject({ [`usage_${period}`]: 4, limit_remaining: 6 });
    jest.setSystemTime(new Date(after));
    expect(await key(sandbox)).toMatchObject({ usage: 4, [`usage_${period}`]: 0, limit_remaining: 10 });
    sandbox.spend(1);
    expect(await key(sandbox)).toMatchObject({ usage: 5, [`usage_${period}`]: 1, limit_remaining: 9 });
  });

  it.each([NaN, -0.01, Infinity, '1', undefined])('refuses %p', async (usd) => {
    const sandbox = await start();
    expect(() => sandbox.spend(usd as number)).toThrow(
      new TypeError(`spend: \`usd\` must be a finite number of US dollars, 0 or more; got ${inspect(usd)}`),
    );
    expect(() => sandbox.topUp(usd as number)).toThrow(/^topUp: `usd` must be/);
    expect(await credits(sandbox)).toEqual({ total_credits: 100.5, total_usage: 25.75 });
  });
});

describe('POST /credits/coinbase', () => {
  const order = { amount: 20, sender: `0x${'aB'.repeat(20)}`, chain_id: 8453 };

  it('is gone by default, with a key or without, whatever the body', async () => {
    const sandbox = await start();
    const { status, json } = await charge(sandbox, '{broken', '');
    expect(status).toBe(410);
    expect(json).toEqual({
      error: {
        code: 410,
        message: expect.stringMatching(/^The Coinbase APIs used by this endpoint have been deprecated/),
      },
    });
    expect((await charge(sandbox, order)).status).toBe(410);
  });

  it('onchain: gives call data for the payment contract', async () => {
    const sandbox = await start({ coinbase: 'onchain' });
    const { status, json } = await charge(sandbox, order);
    const address = expect.stringMatching(/^0x[0-9a-f]{40}$/);
    expect(status).toBe(200);
    expect(json).toEqual({
      data: {
        id: expect.any(String),
        created_at: expect.any(String),
        expires_at: expect.any(String),
        web3_data: {
          transfer_intent: {
            call_data: {
              deadline: json.data.expires_at,
              fee_amount: '1000000',
              id: expect.stringMatching(/^0x[0-9a-f]{32}$/),
              operator: address,
              prefix: expect.stringMatching(/^0x[0-9a-f]{64}$/),
              recipient: address,
              recipient_amount: '20000000',
              recipient_currency: address,
              refund_destination: order.sender,
              signature: expect.stringMatching(/^0x[0-9a-f]{130}$/),
            },
            metadata: { chain_id: 8453, contract_address: address, sender: order.sender },
          },
        },
      },
    });
    expect(Date.parse(json.data.expires_at) - Date.parse(json.data.created_at)).toBe(3_600_000);
  });

  it('hosted: gives a payment page, sender and chain or not', async () => {
    const sandbox = await start({ coinbase: 'hosted' });
    const { status, json } = await charge(sandbox, { amount: 12.5 });
    expect(status).toBe(200);
    expect(json).toEqual({
      data: {
        id: expect.any(String),
        code: expect.stringMatching(/^[0-9A-F]{8}$/),
        hosted_url: `https://commerce.coinbase.com/charges/${json.data.code}`,
        status: 'NEW',
        created_at: expect.any(String),
        expires_at: expect.any(String),
        pricing: { local: { amount: '12.50', currency: 'USD' } },
      },
    });
    expect((await charge(sandbox, order)).status).toBe(200);
  });

  it.each(['onchain', 'hosted'] as const)(
    '%s: asks for a key before it looks at the body',
    async (coinbase) => {
      const sandbox = await start({ coinbase });
      expect((await charge(sandbox, {}, '')).json.error.message).toBe('Missing Authentication header');
      expect((await charge(sandbox, {}, 'sk-or-v1-nobody')).json.error.message).toBe('User not found.');
    },
  );

  it.each([
    [{ ...order, amount: 0 }, 'amount'],
    [{ ...order, amount: -5 }, 'amount'],
    [{ ...order, amount: '20' }, 'amount'],
    [{ ...order, amount: 100_001 }, 'amount'],
    [{ ...order, sender: '0x123' }, 'sender'],
    [{ ...order, sender: null }, 'sender'],
    [{ ...order, chain_id: 2 }, 'chain_id'],
    [{ ...order, chain_id: '1' }, 'chain_id'],
    [[], 'the body'],
    ['{broken', 'the body'],
    ['null', 'the body'],
    ['', 'the body'],
  ])('answers 400 to %j in both modes', async (body, field) => {
    for (const coinbase of ['onchain', 'hosted'] as const) {
      const sandbox = await start({ coinbase });
      const { status, json } = await charge(sandbox, body);
      expect(status).toBe(400);
      expect(json.error).toEqual({
        code: 400,
        message: expect.stringMatching(`^Invalid request parameters: ${field} must be`),
      });
    }
  });

  it.each(['sender', 'chain_id'])('onchain: answers 400 without %s', async (field) => {
    const sandbox = await start({ coinbase: 'onchain' });
    const { status, json } = await charge(sandbox, { ...order, [field]: undefined });
    expect(status).toBe(400);
    expect(json.error.message).toContain(`${field} must be`);
  });
});

describe('everything else', () => {
  it.each([
    ['GET', '/models'],
    ['GET', '/credits/'],
    ['POST', '/credits'],
    ['GET', '/credits/coinbase'],
    ['DELETE', '/key'],
    ['GET', '/../credits'],
  ])('answers 404 to %s %s', async (method, path) => {
    const sandbox = await start();
    const { status, json } = await call(sandbox, path, undefined, { method });
    expect(status).toBe(404);
    expect(json).toEqual({ error: { code: 404, message: 'Resource not found' } });
  });

  it('ignores the query, and HEAD is GET without a body', async () => {
    const sandbox = await start();
    expect((await call(sandbox, '/credits?x=1', sandbox.managementKey)).status).toBe(200);
    const { status, headers, text } = await call(sandbox, '/credits', sandbox.managementKey, {
      method: 'HEAD',
    });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect(headers.get('content-type')).toBe('application/json');
    expect(Number(headers.get('content-length'))).toBeGreaterThan(0);
  });

  it('answers a preflight', async () => {
    const { status, headers, text } = await call(await start(), '/credits', undefined, { method: 'OPTIONS' });
    expect({ status, text }).toEqual({ status: 204, text: '' });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-headers')).toContain('Authorization');
  });

  it('gives each response ids of its own', async () => {
    const sandbox = await start();
    const answers = [await call(sandbox, '/key', sandbox.apiKey), await call(sandbox, '/nowhere')];
    for (const name of ['request-id', 'cf-ray']) {
      const ids = answers.map(({ headers }) => headers.get(name));
      expect(ids.every((id) => id !== null && id.length > 16)).toBe(true);
      expect(new Set(ids).size).toBe(2);
    }
  });

  it('answers 413 to a body over 1 MiB and keeps none of it', async () => {
    const sandbox = await start();
    expect((await charge(sandbox, 'x'.repeat(1_048_576))).status).toBe(410);
    const { status, json } = await charge(sandbox, 'x'.repeat(30_000_000), '');
    expect(status).toBe(413);
    expect(json).toEqual({ error: { code: 413, message: 'Request payload too large' } });
    expect(sandbox.requests.map(({ body }) => typeof body)).toEqual(['string', 'undefined']);
  });

  it('keeps connections alive, after a failure too', async () => {
    const sandbox = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const once = (): Promise<{ status: number | undefined; reused: boolean }> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(`${sandbox.baseUrl}/credits`, { agent }, (response: IncomingMessage) => {
          response.resume().on('end', () => {
            resolve({ status: response.statusCode, reused: request.reusedSocket });
          });
        });
        request.on('error', reject).end();
      });
    sandbox.failNext({ status: 503 });
    expect(await once()).toEqual({ status: 503, reused: false });
    expect(await once()).toEqual({ status: 401, reused: true });
    agent.destroy();
  });

  it('survives a client that leaves in the middle of its body, which is then no request', async () => {
    const sandbox = await start();
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(sandbox.baseUrl).port), '127.0.0.1', () => {
        socket.write(
          'POST /api/v1/credits/coinbase HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{',
          () => {
            socket.destroy();
          },
        );
      });
      socket.on('close', () => resolve());
    });
    expect((await call(sandbox, '/credits')).status).toBe(401);
    expect(sandbox.requests).toHaveLength(1);
  });
});

describe('requests', () => {
  it('records what was sent, oldest first', async () => {
    const sandbox = await start();
    const from = Date.now();
    await call(sandbox, '/credits?page=1', sandbox.managementKey);
    await charge(sandbox, { amount: 5 });
    await charge(sandbox, 'plain', 'sk-or-v1-nobody');
    sandbox.failNext({});
    await call(sandbox, '/key');

    expect(sandbox.requests).toEqual([
      expect.objectContaining({
        method: 'GET',
        path: '/api/v1/credits?page=1',
        key: 'management',
        body: undefined,
        failed: false,
      }),
      expect.objectContaining({
        method: 'POST',
        path: '/api/v1/credits/coinbase',
        key: 'api',
        body: { amount: 5 },
      }),
      expect.objectContaining({ key: 'unknown', body: 'plain' }),
      expect.objectContaining({ path: '/api/v1/key', key: 'none', failed: true }),
    ]);
    const [first] = sandbox.requests;
    expect(first?.headers.authorization).toBe(`Bearer ${sandbox.managementKey}`);
    expect(first?.receivedAt.getTime()).toBeGreaterThanOrEqual(from);
    expect(first?.receivedAt.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('is a snapshot, and can be cleared', async () => {
    const sandbox = await start();
    const before = sandbox.requests;
    await call(sandbox, '/key');
    expect(before).toHaveLength(0);
    expect(sandbox.requests).toHaveLength(1);
    sandbox.clearRequests();
    expect(sandbox.requests).toHaveLength(0);
  });
});

describe('failNext with a status', () => {
  it.each([
    [400, 'Invalid request parameters'],
    [401, 'Missing Authentication header'],
    [402, 'Insufficient credits. Add more using https://openrouter.ai/credits'],
    [403, 'Only management keys can perform this operation'],
    [404, 'Resource not found'],
    [408, 'Operation timed out. Please try again later.'],
    [409, 'Resource conflict. Please try again later.'],
    [
      410,
      'The Coinbase APIs used by this endpoint have been deprecated, so the Coinbase Commerce credits API has been removed. Use the web credits purchase flow instead.',
    ],
    [413, 'Request payload too large'],
    [422, 'Invalid argument'],
    [429, 'Rate limit exceeded'],
    [500, 'Internal Server Error'],
    [502, 'Provider returned error'],
    [503, 'Service temporarily unavailable'],
    [504, 'The operation was aborted due to timeout'],
    [524, 'Request timed out. Please try again later.'],
    [529, 'Provider returned error'],
    [418, "I'm a Teapot"],
    [599, 'Status 599'],
  ])("sends the API's own body for %i", async (status, message) => {
    const sandbox = await start();
    sandbox.failNext({ status });
    const answer = await call(sandbox, '/credits');
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ error: { code: status, message } });
    expect(answer.headers.get('request-id')).not.toBeNull();
  });

  it('is a 500 once unless told otherwise, comes before the check of the key, and names a known caller', async () => {
    const sandbox = await start();
    sandbox.failNext({});
    const { status, json } = await call(sandbox, '/credits', sandbox.managementKey);
    expect(status).toBe(500);
    expect(json.user_id).toBe((await key(sandbox)).creator_user_id);
    expect(await credits(sandbox)).toEqual({ total_credits: 100.5, total_usage: 25.75 });
  });

  it('fails as often as told, in the order told', async () => {
    const sandbox = await start();
    sandbox.failNext({ status: 503, times: 2 });
    sandbox.failNext({ status: 429 });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await call(sandbox, '/credits')).status);
    expect(statuses).toEqual([503, 503, 429, 401]);
  });

  it('fails until cleared', async () => {
    const sandbox = await start();
    sandbox.failNext({ times: Infinity });
    for (let i = 0; i < 3; i++) expect((await call(sandbox, '/credits')).status).toBe(500);
    sandbox.clearFailures();
    expect((await call(sandbox, '/credits')).status).toBe(401);
  });

  it.each<[SandboxFailure, number[]]>([
    // Statuses of GET /key, GET /credits?x=1, POST /credits/coinbase.
    [{ path: '/credits' }, [401, 500, 410]],
    [{ path: '/api/v1/credits' }, [401, 500, 410]],
    [{ path: '/credits?x=1' }, [401, 500, 410]],
    [{ path: '/credits?x=2' }, [401, 401, 410]],
    [{ path: /^\/credits/g, times: 2 }, [401, 500, 500]],
    [{ path: /coinbase$/ }, [401, 401, 500]],
    [{ path: /coinbase$/y }, [401, 401, 500]],
    [{ path: /^\/api\/v1\/key$/ }, [500, 401, 410]],
    [{ method: 'post' }, [401, 401, 500]],
    [{ method: 'GET', path: '/credits/coinbase' }, [401, 401, 410]],
    [{ method: undefined, path: undefined, times: undefined, status: undefined }, [500, 401, 410]],
  ])('matches %p', async (failure, expected) => {
    const sandbox = await start();
    sandbox.failNext(failure);
    expect([
      (await call(sandbox, '/key')).status,
      (await call(sandbox, '/credits?x=1')).status,
      (await charge(sandbox, {})).status,
    ]).toEqual(expected);
  });

  it('matches a path outside the API as it is', async () => {
    const sandbox = await start();
    sandbox.failNext({ path: '/elsewhere', status: 502 });
    expect((await fetch(new URL('/elsewhere', sandbox.baseUrl))).status).toBe(502);
  });

  it('sends headers and a body of its own', async () => {
    const sandbox = await start();
    sandbox.failNext({
      status: 429,
      headers: { 'Retry-After': 2, 'request-id': 'mine' },
      body: { oops: [1] },
    });
    const json = await call(sandbox, '/credits');
    expect({ status: json.status, body: json.json }).toEqual({ status: 429, body: { oops: [1] } });
    expect(json.headers.get('retry-after')).toBe('2');
    expect(json.headers.get('request-id')).toBe('mine');

    sandbox.failNext({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>502</h1>' });
    const html = await call(sandbox, '/credits');
    expect({ text: html.text, type: html.headers.get('content-type') }).toEqual({
      text: '<h1>502</h1>',
      type: 'text/html',
    });

    sandbox.failNext({ status: 200, body: 'not { json', headers: { 'set-cookie': ['a=1', 'b=2'] } });
    const broken = await call(sandbox, '/credits');
    expect({ status: broken.status, text: broken.text }).toEqual({ status: 200, text: 'not { json' });
    expect(broken.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(broken.headers.getSetCookie()).toEqual(['a=1', 'b=2']);

    sandbox.failNext({ status: 200, body: Buffer.from([0xff, 0x41]) });
    const bytes = await call(sandbox, '/credits');
    expect({ text: bytes.text, type: bytes.headers.get('content-type') }).toEqual({
      text: '\ufffdA',
      type: 'application/octet-stream',
    });

    sandbox.failNext({ status: 200, body: null });
    expect((await call(sandbox, '/credits')).json).toBeNull();
  });

  it('sends the body as it was when the failure was queued', async () => {
    const sandbox = await start();
    const body = { value: 1 };
    sandbox.failNext({ body });
    body.value = 2;
    expect((await call(sandbox, '/credits')).json).toEqual({ value: 1 });
  });

  it.each([200, 204])('sends an empty %i', async (status) => {
    const sandbox = await start();
    sandbox.failNext({ status });
    const answer = await call(sandbox, '/credits');
    expect({ status: answer.status, text: answer.text }).toEqual({ status, text: '' });
    expect(answer.headers.get('content-type')).toBeNull();
  });

  it('redirects', async () => {
    const sandbox = await start();
    sandbox.failNext({ status: 307, headers: { location: 'https://example.com/' } });
    const { status, headers } = await call(sandbox, '/credits');
    expect({ status, location: headers.get('location') }).toEqual({
      status: 307,
      location: 'https://example.com/',
    });
  });

  it('waits before it answers, under a faked clock too', async () => {
    const sandbox = await start();
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance'] });
    sandbox.failNext({ status: 503, delayMs: 60 });
    const from = performance.now();
    expect((await call(sandbox, '/credits')).status).toBe(503);
    expect(performance.now() - from).toBeGreaterThanOrEqual(55);
  });

  it('gives up a delayed answer whose client left', async () => {
    const sandbox = await start();
    sandbox.failNext({ delayMs: 30, fault: 'hang-body' });
    const client = new AbortController();
    const given = call(sandbox, '/credits', undefined, { signal: client.signal });
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    client.abort();
    await expect(given).rejects.toThrow();
    sandbox.failNext({ delayMs: 50 });
    expect((await call(sandbox, '/credits')).status).toBe(500);
  });
});

describe('latencyMs', () => {
  it('holds up every answer from then on, failures too, and none any more at 0', async () => {
    const sandbox = await start({ latencyMs: 60 });
    sandbox.failNext({ status: 503 });
    for (const status of [503, 200]) {
      const from = performance.now();
      expect((await call(sandbox, '/credits', sandbox.managementKey)).status).toBe(status);
      expect(performance.now() - from).toBeGreaterThanOrEqual(55);
    }
    sandbox.latencyMs = 2_147_483_647;
    const late = call(sandbox, '/credits');
    while (sandbox.requests.length < 3) await new Promise(setImmediate);
    sandbox.latencyMs = 0;
    expect(await credits(sandbox)).toEqual({ total_credits: 100.5, total_usage: 25.75 });
    await sandbox.stop();
    await expect(late).rejects.toThrow();
  });

  it('ends a completion whose client does not wait for it', async () => {
    const sandbox = await start({ completionCost: 0.25 });
    sandbox.latencyMs = 2_147_483_647;
    const client = new AbortController();
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }] });
    const given = call(sandbox, '/chat/completions', sandbox.apiKey, {
      method: 'POST',
      body,
      signal: client.signal,
    });
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    client.abort();
    await expect(given).rejects.toThrow();
    sandbox.latencyMs = 0;
    // Its client has left: that is the end of it.
    while ((await credits(sandbox)).total_usage !== 26);
  });

  it('carries out a change at once that is answered late', async () => {
    const sandbox = await start();
    sandbox.latencyMs = 2_147_483_647;
    const client = new AbortController();
    const given = call(sandbox, '/keys', sandbox.managementKey, {
      method: 'POST',
      body: JSON.stringify({ name: 'Late' }),
      signal: client.signal,
    });
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    sandbox.latencyMs = 0;
    expect((await call(sandbox, '/keys', sandbox.managementKey)).json.data).toHaveLength(2);
    client.abort();
    await expect(given).rejects.toThrow();
  });

  it.each([-1, 0.5, NaN, Infinity, '5', undefined])('refuses %p, and stays as it was', async (value) => {
    const sandbox = await start();
    expect(() => (sandbox.latencyMs = value as number)).toThrow(
      new TypeError(
        `OpenRouterSandbox: \`latencyMs\` must be a whole number from 0 to 2147483647; got ${inspect(value)}`,
      ),
    );
    expect(sandbox.latencyMs).toBe(0);
  });
});

describe('failNext with a fault', () => {
  it('reset: no byte, then RST', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'reset' });
    expect(await wire(sandbox)).toEqual({ text: '', end: 'ECONNRESET' });
  });

  it('close: no byte, then FIN', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'close' });
    expect(await wire(sandbox)).toEqual({ text: '', end: 'FIN' });
  });

  it('garbage: no HTTP', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'garbage', delayMs: 1 });
    const { text, end } = await wire(sandbox);
    expect(text).not.toBe('');
    expect(text).not.toContain('HTTP/1.1');
    expect(end).toBe('FIN');
    sandbox.failNext({ fault: 'garbage' });
    await expect(call(sandbox, '/credits')).rejects.toMatchObject({
      cause: { name: 'HTTPParserError' },
    });
  });

  it('truncate: half a body under the length of the whole', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'truncate', status: 502, headers: { 'x-extra': '1' }, body: '0123456789' });
    const { text, end } = await wire(sandbox);
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(text).toMatch(/content-length: 10\r\n/i);
    expect(text).toMatch(/x-extra: 1\r\n/);
    expect(text.split('\r\n\r\n')[1]).toBe('01234');
    expect(end).toBe('FIN');
  });

  it('truncate: is a 200 with some JSON by default, and cuts an empty body too', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'truncate' });
    const { text } = await wire(sandbox);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text.split('\r\n\r\n')[1]).toMatch(/^\{"data":/);
    sandbox.failNext({ fault: 'truncate', status: 502 });
    expect((await wire(sandbox)).text.split('\r\n\r\n')[1]).toMatch(/^\{"error":/);
    sandbox.failNext({ fault: 'truncate', body: '' });
    await expect(call(sandbox, '/credits')).rejects.toThrow();
  });

  it('hang-body: half a body, then nothing; stop() ends it at once', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'hang-body', status: 500, body: 'abcdef', times: 2 });
    expect(await wire(sandbox, '\r\n\r\nabc')).toMatchObject({ end: 'open' });
    const response = await fetch(`${sandbox.baseUrl}/credits`);
    expect(response.status).toBe(500);
    const text = response.text();
    await sandbox.stop();
    await expect(text).rejects.toThrow();
  });

  it('hang: no response at all; stop() ends it at once', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'hang' });
    const outcome = fetch(`${sandbox.baseUrl}/credits`).then(
      () => 'answered',
      () => 'cut',
    );
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    expect(await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, 30, 'waiting'))])).toBe(
      'waiting',
    );
    await sandbox.stop();
    expect(await outcome).toBe('cut');
  });

  it('hits only the request it was made for', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'reset' });
    await expect(call(sandbox, '/credits')).rejects.toThrow();
    expect(await credits(sandbox)).toEqual({ total_credits: 100.5, total_usage: 25.75 });
    expect(sandbox.requests.map(({ failed }) => failed)).toEqual([true, false]);
  });
});

describe('failNext after the request was carried out', () => {
  const order = { name: 'Lost' };
  const create = (sandbox: OpenRouterSandbox): ReturnType<typeof call> =>
    call(sandbox, '/keys', sandbox.managementKey, { method: 'POST', body: JSON.stringify(order) });
  const names = async (sandbox: OpenRouterSandbox): Promise<string[]> => {
    const { json } = await call(sandbox, '/keys', sandbox.managementKey);
    return json.data.map(({ name }: { name: string }) => name);
  };

  it.each(['reset', 'close', 'garbage'] as const)(
    'loses the answer by the fault %s, and the key is there',
    async (fault) => {
      const sandbox = await start();
      sandbox.failNext({ method: 'POST', path: '/keys', fault, when: 'after' });
      await expect(create(sandbox)).rejects.toThrow();
      expect(await names(sandbox)).toEqual(['Lost', 'Sandbox key']);
      expect(sandbox.requests.map(({ failed }) => failed)).toEqual([true, false]);
    },
  );

  it('answers with a status in the place of the answer, and not before its time', async () => {
    const sandbox = await start();
    sandbox.failNext({ status: 503, delayMs: 30, when: 'after' });
    const answer = create(sandbox);
    while (sandbox.requests.length === 0) await new Promise(setImmediate);
    expect(await names(sandbox)).toEqual(['Lost', 'Sandbox key']);
    expect((await answer).status).toBe(503);
    sandbox.failNext({ when: 'after' });
    expect((await create(sandbox)).status).toBe(500);
    expect(await names(sandbox)).toHaveLength(3);
  });

  it('cuts the answer itself, unless there is another one to cut', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'truncate', headers: { 'x-extra': '1' }, when: 'after' });
    const response = await fetch(`${sandbox.baseUrl}/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.managementKey}` },
      body: JSON.stringify(order),
    });
    expect([response.status, response.headers.get('x-extra')]).toEqual([201, '1']);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toMatch(/^\{"data":\{"hash":/);
    await expect(reader.read()).rejects.toThrow();
    sandbox.failNext({ fault: 'truncate', status: 502, body: '0123456789', when: 'after' });
    const { text } = await wire(sandbox);
    expect(text).toMatch(/^HTTP\/1\.1 502 /);
    expect(text.split('\r\n\r\n')[1]).toBe('01234');
  });

  it('carries out nothing that would have been refused', async () => {
    const sandbox = await start();
    sandbox.failNext({ fault: 'reset', when: 'after' });
    await expect(
      call(sandbox, '/keys', sandbox.apiKey, { method: 'POST', body: JSON.stringify(order) }),
    ).rejects.toThrow();
    expect(await names(sandbox)).toEqual(['Sandbox key']);
  });

  it('is how a client may be tried that does not know what has come of a creation', async () => {
    const sandbox = await start();
    const client = new OpenRouterClient({ managementKey: sandbox.managementKey, baseUrl: sandbox.baseUrl });
    sandbox.failNext({ method: 'POST', path: '/keys', fault: 'reset', when: 'after' });
    await expect(client.apiKeys.create({ name: 'Lost' })).rejects.toMatchObject({ delivery: 'unknown' });
    expect(await client.apiKeys.findByName('Lost')).toHaveLength(1);
    sandbox.failNext({ method: 'POST', path: '/keys', fault: 'truncate', when: 'after' });
    await expect(client.apiKeys.create({ name: 'Cut' })).rejects.toMatchObject({ delivery: 'applied' });
    expect(await client.apiKeys.findByName('Cut')).toHaveLength(1);
    await client.close();
  });
});

describe('pendingFailures', () => {
  it('are those that no request has met, with what is left of them', async () => {
    const sandbox = await start();
    expect(sandbox.pendingFailures).toEqual([]);
    const failure = { path: '/credit', status: 503 };
    sandbox.failNext(failure);
    sandbox.failNext({ path: '/credits', times: 2 });
    sandbox.failNext({ path: /^\/key/, fault: 'hang', times: Infinity });
    failure.status = 500;
    await call(sandbox, '/credits');
    expect(sandbox.pendingFailures).toEqual([
      { path: '/credit', status: 503, times: 1 },
      { path: '/credits', times: 1 },
      { path: /^\/key/, fault: 'hang', times: Infinity },
    ]);
    await call(sandbox, '/credits');
    expect(sandbox.pendingFailures).toHaveLength(2);
    sandbox.clearFailures();
    expect(sandbox.pendingFailures).toEqual([]);
  });

  it('are none of what was refused', async () => {
    const sandbox = await start();
    expect(() => sandbox.failNext({ times: 0 })).toThrow(TypeError);
    expect(sandbox.pendingFailures).toEqual([]);
  });
});

describe('failNext refuses', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;

  it.each<[unknown, string]>([
    [{ stauts: 500 }, '`stauts` is not known; did you mean `status`?'],
    [null, 'the argument must be an object with `method`, `path`,'],
    [{ status: 199 }, '`status` must be a whole number from 200 to 599'],
    [{ status: 600 }, '`status` must be'],
    [{ status: '500' }, '`status` must be'],
    [{ times: 0 }, '`times` must be a whole number from 1, or Infinity'],
    [{ times: 1.5 }, '`times` must be'],
    [{ delayMs: -1 }, '`delayMs` must be'],
    [{ when: 'later' }, '`when` must be one of "before", "after"'],
    [{ fault: 'explode' }, '`fault` must be one of "reset", "close"'],
    [{ method: 'FETCH' }, '`method` must be an HTTP method'],
    [{ path: 'credits' }, "`path` must be a RegExp or a string that begins with '/'"],
    [{ path: 5 }, '`path` must be'],
    [{ fault: 'reset', status: 500 }, "`status` must be left out with the fault 'reset'"],
    [{ fault: 'hang', body: '' }, '`body` must be left out'],
    [{ fault: 'garbage', headers: {} }, '`headers` must be left out'],
    [{ headers: [] }, '`headers` must be an object'],
    [{ headers: { 'a b': '1' } }, '`headers["a b"]` must be a valid header'],
    [{ headers: { a: 'x\ny' } }, '`headers["a"]` must be a valid header'],
    [{ headers: { 'Content-Length': '5' } }, '`headers["Content-Length"]` must be left out'],
    [{ body: 5 }, '`body` must be a string, bytes, or an object'],
    [{ body: circular }, '`body` must be'],
  ])('%p', async (failure, message) => {
    const sandbox = await start();
    const attempt = (): void => sandbox.failNext(failure as SandboxFailure);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(`failNext: ${message}`);
    expect((await call(sandbox, '/credits')).status).toBe(401);
  });
});

describe('start and stop', () => {
  it('gives each sandbox an address and keys of its own, in the API’s format', async () => {
    const [one, two] = [await start(), await start()];
    const format = /^sk-or-v1-[0-9a-f]{64}$/;
    for (const { baseUrl, apiKey, managementKey } of [one, two]) {
      expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*\/api\/v1$/);
      expect(apiKey).toMatch(format);
      expect(managementKey).toMatch(format);
    }
    expect(new Set([one.apiKey, one.managementKey, two.apiKey, two.managementKey]).size).toBe(4);
    one.spend(1);
    expect(await credits(two)).toEqual({ total_credits: 100.5, total_usage: 25.75 });
  });

  it('takes the given keys, and undefined for absent', async () => {
    const sandbox = await start({ apiKey: 'sk-or-v1-a', managementKey: 'sk-or-v1-m', port: undefined });
    expect([sandbox.apiKey, sandbox.managementKey]).toEqual(['sk-or-v1-a', 'sk-or-v1-m']);
    expect((await call(sandbox, '/credits', 'sk-or-v1-m')).status).toBe(200);
    expect((await call(sandbox, '/credits', 'sk-or-v1-a')).status).toBe(403);
  });

  it('refuses a taken port, with the code and the way out', async () => {
    const port = Number(new URL((await start()).baseUrl).port);
    await expect(start({ port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      cause: { code: 'EADDRINUSE', syscall: 'listen' },
      message: expect.stringMatching(`port ${port} of 127.0.0.1 is already in use; pass another port`),
    });
  });

  it.each<[unknown, string]>([
    [{ ports: 1 }, '`ports` is not known; did you mean `port`?'],
    [{ tenants: 1 }, '`tenants` is not known; there are `port`, `credits`,'],
    [null, 'the argument must be an object with `port`, `credits`,'],
    [{ port: -1 }, '`port` must be a whole number from 0 to 65535'],
    [{ port: 1.5 }, '`port` must be'],
    [{ port: '80' }, '`port` must be'],
    [{ credits: { totalCredits: -1, totalUsage: 0 } }, '`credits.totalCredits` must be a finite number'],
    [{ credits: { totalCredits: 1, totalUsage: NaN } }, '`credits.totalUsage` must be a finite number'],
    [{ credits: { totalCredits: 1 } }, '`credits.totalUsage` must be'],
    [
      { credits: { totalCredits: 1, totalUsage: 1, balance: 0 } },
      '`credits.balance` is not known; there are `totalCredits`, `totalUsage`',
    ],
    [{ credits: 5 }, '`credits` must be an object with `totalCredits` and `totalUsage`; got 5'],
    [{ coinbase: 'maybe' }, '`coinbase` must be one of "gone", "onchain", "hosted"'],
    [{ inferenceKeyCredits: 'no' }, '`inferenceKeyCredits` must be one of "forbidden"'],
    [{ keyLimit: -1 }, '`keyLimit` must be'],
    [{ keyLimitReset: 'yearly' }, '`keyLimitReset` must be one of "daily", "weekly", "monthly", null'],
    [{ keyLimitStatus: 401 }, '`keyLimitStatus` must be one of 402, 403'],
    [{ completionCost: -1 }, '`completionCost` must be a finite number of US dollars, 0 or more'],
    [{ completionMs: 0.5 }, '`completionMs` must be a whole number from 0 to 2147483647'],
    [{ generationMisses: 0.5 }, '`generationMisses` must be a whole number'],
    [{ latencyMs: '5' }, '`latencyMs` must be a whole number from 0 to 2147483647'],
    [{ apiKey: '' }, '`apiKey` must be a non-empty string'],
    [{ managementKey: 'a b' }, '`managementKey` must be a non-empty string'],
    [{ apiKey: 'same', managementKey: 'same' }, '`managementKey` must be another key than `apiKey`'],
  ])('refuses %p', async (options, message) => {
    const attempt = start(options as OpenRouterSandboxOptions);
    await expect(attempt).rejects.toThrow(TypeError);
    await expect(attempt).rejects.toThrow(message);
  });

  it('frees its port, and may be stopped again', async () => {
    const sandbox = await start();
    const port = Number(new URL(sandbox.baseUrl).port);
    await credits(sandbox);
    await Promise.all([sandbox.stop(), sandbox.stop()]);
    await sandbox.stop();
    await expect(call(sandbox, '/credits')).rejects.toThrow();
    expect((await start({ port })).baseUrl).toBe(sandbox.baseUrl);
  });

  it('stops at the end of `await using`', async () => {
    const sandbox = await start();
    await sandbox[Symbol.asyncDispose]();
    await expect(call(sandbox, '/credits')).rejects.toThrow();
  });

  it('is short in print', async () => {
    const sandbox = await start();
    await credits(sandbox);
    const { baseUrl, apiKey, managementKey } = sandbox;
    expect(JSON.parse(JSON.stringify(sandbox))).toEqual({ baseUrl, apiKey, managementKey });
    expect(inspect(sandbox, { depth: 9 }).split('\n').length).toBeLessThanOrEqual(5);
  });
});
