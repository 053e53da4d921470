import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { firstValueFrom } from 'rxjs';
import {
  classifyOpenRouterError,
  InMemorySpendStore,
  OpenRouterClient,
  OpenRouterSpendLimitException,
  OpenRouterSpendStoreException,
  OpenRouterValidationException,
  type SpendClaim,
  type SpendHold,
  type SpendLimitRule,
  type SpendStoreAlert,
  type SpendUsage,
} from '../../lib/index.js';
import { openSpendLimitsOf } from '../../lib/spend-limits/spend-limits.service.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { until } from '../support/waiting.js';
import {
  ACME,
  closers,
  failingStore,
  limited,
  type Limited,
  statusOf,
  TENANT,
} from './support/limited-client.js';
import { NOON_ZONE, NOON_ZONE_MIDNIGHT } from './support/noon-zone.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('completions under a spend limit', () => {
  it('pass as many as fit, however many are sent at once', async () => {
    const { ask, sandbox, client } = await limited({ rules: [TENANT], holdUsd: 0.1 });
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask()));
    await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
    expect(sandbox.charges).toHaveLength(50);
    await client.metering.settled();
    const [usage] = await client.spendLimits.usage(ACME);
    expect(usage).toMatchObject({
      rule: 'tenant per day',
      subject: ACME,
      period: 'day',
      limitUsd: 5,
      spentUsd: 5,
      heldUsd: 0,
      unsettledUsd: 0,
      remainingUsd: 0,
    });
  });

  it('that go to another host pass, and are warned of', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { client } = await limited({ rules: [{ ...TENANT, usd: 0 }] });
    const other = await OpenRouterSandbox.start();
    closers.push(() => other.stop());
    const answer = await client.metering.fetch(`${other.baseUrl}/chat/completions`, { method: 'POST' });
    expect(answer.status).toBe(401);
    expect(warn.mock.calls.map(([text]) => String(text))).toContainEqual(
      expect.stringMatching(/^metering: a request to \S+ is not metered or limited, because `baseUrl` is /),
    );
  });

  it('are refused in the envelope of OpenRouter, without a call of OpenRouter', async () => {
    const { ask, sandbox, costs } = await limited({ rules: [{ ...TENANT, usd: 0.12 }], holdUsd: 0.1 });
    await (await ask()).text();
    const answer = await ask();
    expect(answer.status).toBe(402);
    expect(answer.headers.get('x-should-retry')).toBe('false');
    const body = (await answer.json()) as { error: { message: string; metadata: Record<string, unknown> } };
    expect(body.error.metadata).toEqual({
      limit_source: 'application_spend_limit',
      rule: 'tenant per day',
      subject: ACME,
      limit_usd: 0.12,
      spend_usd: 0.1,
      held_usd: 0,
      remaining_usd: 0.02,
      resets_at: expect.stringMatching(NOON_ZONE_MIDNIGHT),
    });
    expect(body.error.message).toContain(
      "The spend limit 'tenant per day' of this application has $0.02 of $0.12 left, and $0.10 is needed.",
    );
    expect(classifyOpenRouterError(body).kind).toBe('spend-limit');
    expect(sandbox.charges).toHaveLength(1);
    expect(costs).toHaveLength(1);
  });

  it('are refused for a moment where only completions under way are in the way', async () => {
    const { ask, sandbox } = await limited({ rules: [{ ...TENANT, usd: 0.1 }], holdUsd: 0.1 });
    sandbox.onCompletion(() => ({ chunks: 50, chunkDelayMs: 5 }));
    const underWay = await ask(ACME, true);
    const answer = await ask();
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('x-should-retry')]).toEqual([
      402,
      '1',
      'false',
    ]);
    const body: unknown = await answer.json();
    expect(body).toMatchObject({
      error: {
        message: expect.stringContaining('hold $0.10: try again once some of them have ended.'),
        metadata: { spend_usd: 0, held_usd: 0.1, remaining_usd: 0, resets_at: null },
      },
    });
    const verdict = classifyOpenRouterError(body);
    expect(verdict).toMatchObject({ kind: 'spend-limit', isTransient: true, retryAfterMs: 1_000 });
    expect(verdict).not.toHaveProperty('resetsAt');
    await underWay.body!.cancel();
  });

  it('are reported to the instrumentation if a rule refuses them', async () => {
    const refusals: [SpendUsage, string][] = [];
    const instrumentation = {
      onRefusal: (usage: SpendUsage, account: string) => refusals.push([usage, account]),
    };
    const { ask } = await limited({ rules: [{ ...TENANT, usd: 0 }] }, {}, instrumentation);
    await statusOf(ask());
    expect(refusals).toMatchObject([[{ rule: 'tenant per day', subject: ACME, limitUsd: 0 }, 'default']]);
  });

  it.each([
    [{ tennant: 'acme' }, "counts by the names of its scope, 'tennant'; rules count by 'tenant'."],
    [undefined, 'the request has no scope. Put `@MeterAs` on the route'],
  ])('are refused where no rule with names counts them: %j', async (scope, why) => {
    const { client, sandbox } = await limited({ rules: [TENANT] });
    const send = scope === undefined ? client.metering.fetch : client.metering.fetchFor(scope);
    const answer = await send(`${sandbox.baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
    const body = (await answer.json()) as { error: { message: string } };
    expect([answer.status, classifyOpenRouterError(body).kind]).toEqual([402, 'unattributed']);
    expect(body.error.message).toContain(why);
    expect(sandbox.requests).toEqual([]);
  });

  it('of nobody pass where all rules have names, and are warned of once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { ask } = await limited({ rules: [{ ...TENANT, usd: 0 }] });
    expect([await statusOf(ask({})), await statusOf(ask({}))]).toEqual([200, 200]);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      'spendLimits: a completion is sent without a reservation, because no rule applies to its scope, `{}`. A rule with ' +
        '`by: []` applies to everything.',
    ]);
  });

  it('are refused after the end of the account, which is said', async () => {
    const { ask, client, sandbox } = await limited({ rules: [TENANT] });
    await client.close();
    const answer = await ask();
    expect(answer.status).toBe(402);
    expect(await answer.text()).toContain('The account of this application is closed');
    expect(sandbox.requests).toEqual([]);
  });

  it('do not share the limit of another subject', async () => {
    const { ask } = await limited({ rules: [{ ...TENANT, usd: 0.1 }], holdUsd: 0.1 });
    await (await ask()).text();
    expect(await statusOf(ask())).toBe(402);
    expect(await statusOf(ask({ tenant: 'other' }))).toBe(200);
  });

  it('need room in every rule, and leave nothing behind where one refuses', async () => {
    const rules: SpendLimitRule[] = [
      { by: [], usd: 0.1, period: 'total' },
      { by: ['tenant', 'user'], usd: 5, period: 'day', timeZone: NOON_ZONE },
      { by: 'tenant', usd: 5, period: { rollingHours: 24 } },
      { by: 'tenant', usd: null, period: 'month', timeZone: NOON_ZONE },
    ];
    const { ask, client } = await limited({ rules, holdUsd: 0.1 });
    const scope = { tenant: 'acme', user: 'u1' };
    await (await ask(scope)).text();
    const refused = await ask({ tenant: 'acme', user: 'u2' });
    expect(await refused.json()).toMatchObject({
      error: { metadata: { rule: 'account in total', subject: {}, resets_at: null } },
    });
    expect(await client.spendLimits.usage({ tenant: 'acme', user: 'u2' })).toMatchObject([
      { rule: 'account in total', spentUsd: 0.1, heldUsd: 0, remainingUsd: 0, resetsAt: null },
      { rule: 'tenant, user per day', spentUsd: 0, heldUsd: 0, remainingUsd: 5 },
      { rule: 'tenant per 24 hours', spentUsd: 0.1, heldUsd: 0, remainingUsd: 4.9 },
      { rule: 'tenant per month', spentUsd: 0.1, heldUsd: 0, limitUsd: null, remainingUsd: null },
    ]);
  });

  it('are booked at their bill, though it is larger than what was held', async () => {
    const { ask, client } = await limited({ rules: [TENANT], holdUsd: 0.01 });
    await (await ask()).text();
    await client.metering.settled();
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 0.1, heldUsd: 0 }]);
  });

  it('are booked at what OpenRouter billed if their reader leaves', async () => {
    const { ask, client, sandbox } = await limited({ rules: [TENANT], holdUsd: 0.1 });
    sandbox.onCompletion(() => ({ chunks: 50, chunkDelayMs: 5 }));
    const answer = await ask(ACME, true);
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
    await until(() => sandbox.charges.length === 1);
    await client.metering.settled();
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.heldUsd === 0);
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: sandbox.charges[0]!.usd }]);
  });

  it('give back what was held if OpenRouter refuses them', async () => {
    const { ask, client, sandbox } = await limited({ rules: [TENANT] });
    sandbox.failNext({ path: '/chat/completions', status: 400 });
    await (await ask()).text();
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.heldUsd === 0);
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 0 }]);
  });

  it('are booked at what was held if nobody can say what they cost', async () => {
    const { ask, client, sandbox, costs } = await limited({ rules: [TENANT], holdUsd: 0.07 });
    sandbox.failNext({ path: '/chat/completions', status: 503 });
    await (await ask()).text();
    await until(() => costs.length === 1);
    expect(costs).toMatchObject([{ usd: 0.07, source: 'hold', scope: ACME }]);
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.spentUsd === 0.07);
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, unsettledUsd: 0 }]);
  });

  it.each<[Record<string, string>, number]>([
    [{}, 200],
    [{ tenant: 'acme' }, 200],
    [{ tennant: 'acme' }, 402],
  ])('need a scope to which a rule applies: %j', async (scope, status) => {
    const { ask } = await limited({ rules: [TENANT] });
    expect(await statusOf(ask(scope))).toBe(status);
  });

  it.each<[string, RequestInit]>([
    ['a header', { headers: { 'x-user': 'a\nb' } }],
    ['a body', { body: new ReadableStream() }],
  ])('hold nothing where fetch refuses %s', async (_what, init) => {
    const { client, sandbox, costs } = await limited({ rules: [TENANT] });
    const fetch = client.metering.fetchFor(ACME);
    const url = `${sandbox.baseUrl}/chat/completions`;
    const asked = { method: 'POST', body: '{}', ...init };
    const refusal = await globalThis.fetch(url, asked).then(() => undefined, String);

    await expect(fetch(url, asked).catch(String)).resolves.toBe(refusal);
    await client.metering.settled();

    expect(refusal).toMatch(/^TypeError: /);
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, spentUsd: 0 }]);
    expect(costs).toEqual([]);
  });

  it('hold nothing where the body of a request was read before', async () => {
    const { client, sandbox, costs } = await limited({ rules: [TENANT] });
    const request = new Request(`${sandbox.baseUrl}/chat/completions`, { method: 'POST', body: '{}' });
    await request.text();

    await expect(client.metering.fetchFor(ACME)(request)).rejects.toThrow('already been used');
    await client.metering.settled();

    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, spentUsd: 0 }]);
    expect(costs).toEqual([]);
  });

  it.each([undefined, { status: 'admitted', now: 5 }, { status: 'refused', now: 5, figures: [[{}]] }])(
    'are refused where the store answers nonsense: %j',
    async (nonsense) => {
      const store = new InMemorySpendStore();
      jest.spyOn(store, 'reserve').mockResolvedValue(nonsense as never);
      const { ask, sandbox } = await limited({ rules: [TENANT], store });
      const answer = await ask();
      expect(answer.status).toBe(402);
      expect(await answer.text()).toContain('application_spend_store');
      expect(sandbox.charges).toEqual([]);
    },
  );

  it('are all refused under a limit of 0, though nothing is to be held', async () => {
    const { ask } = await limited({ rules: [{ ...TENANT, usd: 0 }], holdUsd: 0 });
    expect(await statusOf(ask())).toBe(402);
  });
});

describe('what a completion holds', () => {
  const held = async (client: OpenRouterClient): Promise<number | undefined> =>
    (await client.spendLimits.usage(ACME))[0]?.heldUsd;

  it.each<
    [
      string,
      (limits: Limited, send: (fetch: typeof globalThis.fetch) => Promise<Response>) => Promise<Response>,
    ]
  >([
    ['fetchFor', ({ client }, send) => send(client.metering.fetchFor(ACME, { holdUsd: 0.3 }))],
    [
      'run',
      ({ client: { metering } }, send) => metering.run(ACME, () => send(metering.fetch), { holdUsd: 0.3 }),
    ],
    [
      'an outer run',
      ({ client: { metering } }, send) =>
        metering.run({}, () => metering.run(ACME, () => send(metering.fetch)), { holdUsd: 0.3 }),
    ],
  ])('is what the call says: %s', async (_name, ask) => {
    const limits = await limited({ rules: [TENANT] }, { completionMs: 50 });
    const { baseUrl, apiKey } = limits.sandbox;
    const answer = ask(limits, (fetch) =>
      fetch(`${baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] }),
      }),
    );
    await until(async () => (await held(limits.client)) === 0.3);
    expect(await statusOf(answer)).toBe(200);
  });

  it('is learned from what completions of the model were billed', async () => {
    const store = new InMemorySpendStore();
    const { ask, client, sandbox } = await limited({ rules: [TENANT], store }, { completionCost: 0.004 });
    await Promise.all(Array.from({ length: 30 }, () => statusOf(ask())));
    await client.metering.settled();
    const other = new OpenRouterClient({
      apiKey: sandbox.apiKey,
      baseUrl: sandbox.baseUrl,
      spendLimits: { rules: [TENANT], store },
    });
    closers.push(() => other.close());
    const limits = openSpendLimitsOf(other.spendLimits)!;
    const request = { path: '/chat/completions', model: 'openai/gpt-5-mini', isStream: false, scope: ACME };
    await until(() => limits.holdFor(request, undefined) === 5_000_000);
    expect(limits.holdFor({ ...request, model: 'other' }, undefined)).toBe(50_000_000);
  });

  it('is not learned from what was free', async () => {
    const store = new InMemorySpendStore();
    const { ask, client, sandbox } = await limited({ rules: [TENANT], store });
    const learned: number[] = [];
    const learn = store.learn.bind(store);
    store.learn = (account, name, nanoUsd) => {
      learned.push(nanoUsd);
      return learn(account, name, nanoUsd);
    };
    let sent = 0;
    sandbox.onCompletion(() => {
      sent += 1;
      return { usd: sent % 4 === 0 ? 0.004 : 0 };
    });
    await Promise.all(Array.from({ length: 40 }, () => statusOf(ask())));
    await client.metering.settled();
    expect(sandbox.charges.filter(({ usd }) => usd === 0)).toHaveLength(30);
    expect(learned).toEqual(Array.from({ length: 10 }, () => 4_000_000));
  });

  it('must not be above the maximum', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const { metering } = client;
    const message = '`holdUsd` must not be above `spendLimits.maxHoldUsd`, which is 1; got 1.5';
    expect(() => metering.fetchFor(ACME, { holdUsd: 1.5 })).toThrow(message);
    expect(() => metering.run(ACME, () => undefined, { holdUsd: 1.5 })).toThrow(message);
    expect(() => metering.run(ACME, () => undefined, { holdUsd: -1 })).toThrow(OpenRouterValidationException);
  });
});

describe('a limit that is a function', () => {
  it('gets the members of the scope that the rule counts by, once for each subject', async () => {
    const asked: object[] = [];
    const usd = (scope: object): Promise<number> => {
      asked.push(scope);
      return Promise.resolve(5);
    };
    const { ask } = await limited({ rules: [{ ...TENANT, usd }] });
    const users = ['u1', 'u2', 'u3'];
    await Promise.all(users.map(async (user) => (await ask({ tenant: 'acme', user })).text()));
    expect(asked).toEqual([{ tenant: 'acme' }]);
  });

  it('is asked again after refreshLimits', async () => {
    let usd = 0;
    const { ask, client } = await limited({ rules: [{ ...TENANT, usd: () => usd }] });
    expect(await statusOf(ask())).toBe(402);
    usd = 5;
    expect(await statusOf(ask())).toBe(402);
    client.spendLimits.refreshLimits(ACME);
    expect(await statusOf(ask())).toBe(200);
  });

  it('refuses if it fails and nothing was said before', async () => {
    const usd = (): number => {
      throw new Error('no database');
    };
    const { ask, client } = await limited({ rules: [{ ...TENANT, usd }] });
    const answer = await ask();
    expect(answer.status).toBe(402);
    expect(classifyOpenRouterError(await answer.json()).kind).toBe('spend-store');
    await expect(client.spendLimits.usage(ACME)).rejects.toBeInstanceOf(OpenRouterSpendStoreException);
  });
});

describe('a store that does not answer', () => {
  /** A client that may send two completions, and no third one, in an outage that has begun. */
  async function withAllowance() {
    const away = failingStore();
    const settings = { rules: [TENANT], store: away.store, holdUsd: 0.1, onStoreFailure: { allowUsd: 0.25 } };
    return { away, ...(await limited(settings)) };
  }

  it('refuses completions, and tells no secret', async () => {
    const { store } = failingStore();
    const { ask, client, sandbox } = await limited({ rules: [TENANT], store });
    const answer = await ask();
    expect(answer.status).toBe(402);
    const text = await answer.text();
    expect(text).not.toContain('secret');
    expect(classifyOpenRouterError(JSON.parse(text))).toMatchObject({
      kind: 'spend-store',
      limitSource: 'application_spend_store',
    });
    expect(sandbox.charges).toEqual([]);
    await expect(client.spendLimits.reserve(ACME, 1)).rejects.toBeInstanceOf(OpenRouterSpendStoreException);
    await expect(client.spendLimits.usage(ACME)).rejects.toBeInstanceOf(OpenRouterSpendStoreException);
    await expect(client.spendLimits.adjust(ACME, -1, 'a')).rejects.toBeInstanceOf(
      OpenRouterSpendStoreException,
    );
  });

  it('learns later of what was allowed meanwhile, once', async () => {
    const away = failingStore();
    const { ask, client } = await limited({ rules: [TENANT], store: away.store, onStoreFailure: 'allow' });
    await Promise.all([ask(), ask(), ask()].map(async (answer) => (await answer).text()));
    away.isDown = false;
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.spentUsd === 0.3);
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, unsettledUsd: 0 }]);
  });

  it('allows no more than a sum for each outage', async () => {
    const { ask } = await withAllowance();
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      statuses.push(await statusOf(ask()));
    }
    expect(statuses).toEqual([200, 200, 402]);
  });

  it('refuses as ever, and is used again, where the logger of the application throws', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {
      throw new Error('the disk is full');
    });
    const away = failingStore();
    const { ask, client } = await limited({ rules: [TENANT], store: away.store });
    expect(await statusOf(ask())).toBe(402);
    expect(warn).toHaveBeenCalled();
    away.isDown = false;
    expect(await statusOf(ask())).toBe(200);
    await client.metering.settled();
    // A scope without a rule is warned of.
    expect(await client.spendLimits.usage({ other: 'a' })).toEqual([]);
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 0.1 }]);
  });

  it('is told within a second of its return what was booked meanwhile, however long it was away', async () => {
    const away = failingStore();
    const { client } = await limited({ rules: [TENANT], store: away.store });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      await client.metering.record({ usd: 0.1, scope: ACME });
      await jest.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000);
      expect(client.spendLimits.diagnostics).toMatchObject({ waiting: 1 });
      away.isDown = false;
      await client.spendLimits.usage(ACME);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(client.spendLimits.diagnostics).toMatchObject({ waiting: 0 });
    } finally {
      jest.useRealTimers();
    }
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 0.1 }]);
  });

  it('uses up one allowance, although it answers a call now and then', async () => {
    const { away, ask, client } = await withAllowance();
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      statuses.push(await statusOf(ask()));
      away.isDown = false;
      await client.spendLimits.usage(ACME);
      away.isDown = true;
    }
    expect(statuses).toEqual([200, 200, 402]);
  });
});

describe('sums in a shared store', () => {
  it('are those of the account, whichever keys its services have', async () => {
    const store = new InMemorySpendStore();
    const { client, sandbox } = await limited({ rules: [TENANT], store });
    let key = 'sk-or-v1-one';
    const other = new OpenRouterClient({
      apiKey: () => key,
      baseUrl: sandbox.baseUrl,
      spendLimits: { rules: [TENANT], store },
    });
    closers.push(() => other.close());
    await other.spendLimits.adjust(ACME, 1, 'before');
    key = 'sk-or-v1-two';
    await other.spendLimits.adjust(ACME, 1, 'after');
    await client.spendLimits.adjust(ACME, 1, 'elsewhere');
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 3 }]);
  });
});

describe('the alerts of a store', () => {
  it('tell when it stops and resumes answering, to subscribers and to the instrumentation', async () => {
    const told: string[] = [];
    const away = failingStore();
    const { client } = await limited(
      { rules: [TENANT], store: away.store },
      {},
      {
        onSpendStoreAlert: ({ type }, account) => told.push(`${account}: ${type}`),
      },
    );
    const alerts: SpendStoreAlert[] = [];
    let isComplete = false;
    client.spendLimits.storeAlerts$.subscribe({
      next: (alert) => alerts.push(alert),
      complete: () => (isComplete = true),
    });
    await expect(client.spendLimits.usage(ACME)).rejects.toBeInstanceOf(OpenRouterSpendStoreException);
    await expect(client.spendLimits.usage(ACME)).rejects.toBeInstanceOf(OpenRouterSpendStoreException);
    expect(client.spendLimits.diagnostics).toEqual({
      storeUp: false,
      waiting: 0,
      oldestUnsettledAt: null,
      rules: ['tenant per day'],
    });
    away.isDown = false;
    const recovered = firstValueFrom(client.spendLimits.storeAlerts$);
    await client.spendLimits.usage(ACME);
    await recovered;
    expect(alerts).toMatchObject([{ type: 'unavailable', at: expect.any(Date) }, { type: 'recovered' }]);
    expect(told).toEqual(['default: unavailable', 'default: recovered']);
    await client.close();
    expect(isComplete).toBe(true);
  });
});

describe('warnings', () => {
  it('are sent once for each fraction, by one of the processes', async () => {
    const store = new InMemorySpendStore();
    const rules = [{ ...TENANT, usd: 0.5, warnAt: [0.4, 1] }];
    const one = await limited({ rules, store, holdUsd: 0.1 });
    const { client, sandbox, alerts } = one;
    const other = new OpenRouterClient({
      apiKey: sandbox.apiKey,
      baseUrl: sandbox.baseUrl,
      spendLimits: { rules, store },
    });
    closers.push(() => other.close());
    other.spendLimits.alerts$.subscribe((alert) => alerts.push(alert));
    for (const [index, limits] of [client, other, client, other, client].entries()) {
      await (await limits.spendLimits.reserve(ACME, 0.1, { id: `r${index}` })).commit(0.1);
    }
    await expect(client.spendLimits.reserve(ACME, 0.1)).rejects.toBeInstanceOf(OpenRouterSpendLimitException);
    await until(() => alerts.length >= 2);
    expect(alerts.map(({ type, fraction }) => [type, fraction])).toEqual([
      ['warning', 0.4],
      ['reached', 1],
    ]);
    expect(alerts[0]).toMatchObject({ usage: { rule: 'tenant per day', subject: ACME, limitUsd: 0.5 } });
  });

  it('say that a limit is reached once it is spent, not when completions under way hold it', async () => {
    const { alerts, client } = await limited({ rules: [{ ...TENANT, usd: 1, warnAt: [1] }] });
    const { spendLimits } = client;
    const held = await spendLimits.reserve(ACME, 0.9);
    await expect(spendLimits.reserve(ACME, 0.2)).rejects.toBeInstanceOf(OpenRouterSpendLimitException);
    await held.commit(0.3);
    const rest = await spendLimits.reserve(ACME, 0.6);
    expect(alerts).toEqual([]);
    await rest.commit(0.6);
    // What is left, 0.1, is too little for it.
    await expect(spendLimits.reserve(ACME, 0.2)).rejects.toBeInstanceOf(OpenRouterSpendLimitException);
    await until(() => alerts.length > 0);
    expect(alerts).toMatchObject([{ type: 'reached', fraction: 1, usage: { spentUsd: 0.9 } }]);
  });
});

describe('a reservation', () => {
  it('counts until it is committed, and then with its bill, once', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const { spendLimits } = client;
    const reservation = await spendLimits.reserve(ACME, 2);
    expect(reservation).toMatchObject({ usd: 2, id: expect.any(String), expiresAt: expect.any(Date) });
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 2, spentUsd: 0, remainingUsd: 3 }]);
    await reservation.commit(2.5);
    await reservation.commit(9);
    await reservation.release();
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, spentUsd: 2.5 }]);
  });

  it('is released at the end of its block, unless a generation is attached', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const { spendLimits } = client;
    await (await spendLimits.reserve(ACME, 2))[Symbol.asyncDispose]();
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0 }]);
    const sent = await spendLimits.reserve(ACME, 2);
    await sent.attach('gen-1');
    await sent.extend();
    await sent.release();
    await sent[Symbol.asyncDispose]();
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 2 }]);
    await sent.commit(1);
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, spentUsd: 1 }]);
  });

  it('that does not fit is refused with what is known', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const refused = client.spendLimits.reserve(ACME, 5.01);
    await expect(refused).rejects.toMatchObject({
      code: 'OPENROUTER_SPEND_LIMIT',
      rule: 'tenant per day',
      subject: ACME,
      period: 'day',
      limitUsd: 5,
      spentUsd: 0,
      heldUsd: 0,
      requiredUsd: 5.01,
      resetsAt: null,
    });
  });

  it('that fits once another one has ended is refused for a moment', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const held = await client.spendLimits.reserve(ACME, 4);
    const error: unknown = await client.spendLimits.reserve(ACME, 2).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ spentUsd: 0, heldUsd: 4, resetsAt: null, retryAfterMs: 1_000 });
    expect(classifyOpenRouterError(error)).toMatchObject({ isTransient: true, retryAfterMs: 1_000 });
    await held.commit(4);
    const spent = client.spendLimits.reserve(ACME, 2);
    await expect(spent).rejects.toMatchObject({ resetsAt: expect.any(Date), retryAfterMs: undefined });
  });

  it('with an id of one that is over is refused', async () => {
    const { client } = await limited({ rules: [TENANT] });
    await (await client.spendLimits.reserve(ACME, 1, { id: 'once' })).release();
    await expect(client.spendLimits.reserve(ACME, 1, { id: 'once' })).rejects.toBeInstanceOf(
      OpenRouterValidationException,
    );
  });

  it('is found by its id in its own scope alone', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const { spendLimits } = client;
    const zeta = { tenant: 'zeta' };
    const one = await spendLimits.reserve({ tenant: 'acme', user: 'u1' }, 2, { id: 'same' });
    const again = await spendLimits.reserve({ user: 'u1', tenant: 'acme' }, 2, { id: 'same' });
    const other = await spendLimits.reserve(zeta, 3, { id: 'same' });
    await expect(spendLimits.reserve({ tenant: 'omega' }, 6, { id: 'same' })).rejects.toBeInstanceOf(
      OpenRouterSpendLimitException,
    );
    expect([one.id, again.id, other.id]).toEqual(['same', 'same', 'same']);
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 2 }]);
    expect(await spendLimits.usage(zeta)).toMatchObject([{ heldUsd: 3 }]);
    await other.commit(4);
    await one.release();
    expect(await spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, spentUsd: 0 }]);
    expect(await spendLimits.usage(zeta)).toMatchObject([{ heldUsd: 0, spentUsd: 4 }]);
  });

  it('of an aborted call is not made', async () => {
    const { client } = await limited({ rules: [TENANT] });
    await expect(client.spendLimits.reserve(ACME, 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'OPENROUTER_ABORTED',
    });
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0 }]);
  });

  it('counts nothing where no rule applies', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const free = await client.spendLimits.reserve({}, 100, { id: 'free' });
    await free.attach('gen-1');
    await free.extend();
    await free.commit(50);
    await free.release();
    await free[Symbol.asyncDispose]();
    expect(free).toMatchObject({ id: 'free', usd: 100, expiresAt: expect.any(Date) });
    expect(await client.spendLimits.usage({})).toEqual([]);
    await expect(free.commit(-1)).rejects.toBeInstanceOf(OpenRouterValidationException);
  });

  it('and an adjustment are refused where no rule counts by the names of the scope', async () => {
    const { spendLimits } = (await limited({ rules: [TENANT, { ...TENANT, by: ['tenant', 'user'] }] }))
      .client;
    const misspelt = { tennant: 'acme' };

    await expect(spendLimits.reserve(misspelt, 1)).rejects.toThrow(
      "spendLimits.reserve: no rule of `spendLimits` counts by the names of the scope, 'tennant'; rules count by " +
        "'tenant', 'user'; correct the name, or allow such scopes by `metering.onUnattributed: 'allow'`. Nothing was sent.",
    );
    await expect(spendLimits.adjust(misspelt, -1, 'refund')).rejects.toThrow(
      "spendLimits.adjust: no rule of `spendLimits` counts by the names of the scope, 'tennant'; rules count by " +
        "'tenant', 'user'; correct the scope, since nothing would be booked. Nothing was sent.",
    );
    await expect(spendLimits.usage(misspelt)).resolves.toEqual([]);
    await expect(spendLimits.adjust({}, -1, 'refund')).rejects.toThrow(
      "spendLimits.adjust: `{}` has no names, and no rule of `spendLimits` has `by: []`; rules count by 'tenant', " +
        "'user'; correct the scope, since nothing would be booked. Nothing was sent.",
    );
  });

  it.each(['adjust', 'reserve', 'usage'] as const)(
    'without the option is warned of once, since it may be forgotten: %s',
    async (method) => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const { apiKey } = (await limited({ rules: [TENANT] })).sandbox;
      await using client = new OpenRouterClient({ apiKey });
      const { spendLimits } = client;
      for (let time = 0; time < 2; time += 1) {
        await {
          adjust: () => spendLimits.adjust(ACME, -1, 'refund'),
          reserve: () => spendLimits.reserve(ACME, 1),
          usage: () => spendLimits.usage(ACME),
        }[method]();
      }
      expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
        `spendLimits: \`spendLimits.${method}\` was called, but the account has no \`spendLimits\`: nothing is limited, and ` +
          'nothing is booked.',
      ]);
    },
  );

  it('of any scope is possible where that is allowed', async () => {
    const { sandbox } = await limited({ rules: [TENANT] });
    const { apiKey, baseUrl } = sandbox;
    await using client = new OpenRouterClient({
      apiKey,
      baseUrl,
      metering: { onUnattributed: 'allow' },
      spendLimits: { rules: [TENANT] },
    });
    await expect(client.spendLimits.reserve({ user: 'u1' }, 1)).resolves.toMatchObject({ usd: 1 });
    await expect(client.spendLimits.adjust({ user: 'u1' }, 1, 'a')).rejects.toBeInstanceOf(
      OpenRouterValidationException,
    );
  });

  it.each([ACME, {}])('that was released warns of a bill that comes later, once: %j', async (scope) => {
    const warnings: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(line));
    const { client } = await limited({ rules: [TENANT] });
    for (const id of ['one', 'other']) {
      const reservation = await client.spendLimits.reserve(scope, 1, { id });
      await reservation.release();
      await reservation.commit(0);
      expect(warnings).toHaveLength(id === 'one' ? 0 : 1);
      await reservation.commit(0.5);
    }
    expect(warnings).toEqual([expect.stringContaining('committed after its release')]);
    const kept = await client.spendLimits.reserve(scope, 1, { id: 'kept' });
    await kept.commit(1);
    await kept.release();
    await kept.commit(1);
    expect(warnings).toHaveLength(1);
  });

  it.each<[string, (client: OpenRouterClient) => Promise<unknown>]>([
    ['usd', ({ spendLimits }) => spendLimits.reserve(ACME, -1)],
    ['usd', ({ spendLimits }) => spendLimits.reserve(ACME, NaN)],
    ['usd', ({ spendLimits }) => spendLimits.adjust(ACME, 9_000_001, 'a')],
    ['id', ({ spendLimits }) => spendLimits.adjust(ACME, 1, '')],
    ['id', ({ spendLimits }) => spendLimits.reserve(ACME, 1, { id: 'a\n' })],
    ['leaseMs', ({ spendLimits }) => spendLimits.reserve(ACME, 1, { leaseMs: 1 })],
    ['Tenant', ({ spendLimits }) => spendLimits.usage({ Tenant: 'acme' })],
    ['usd', async ({ spendLimits }) => (await spendLimits.reserve(ACME, 1)).commit(-1)],
    ['generationId', async ({ spendLimits }) => (await spendLimits.reserve(ACME, 1)).attach('')],
  ])('refuses a bad argument: %s', async (property, call) => {
    const { client } = await limited({ rules: [TENANT] });
    await expect(call(client)).rejects.toMatchObject({
      code: 'OPENROUTER_VALIDATION',
      errors: [{ property }],
    });
  });
});

describe('an adjustment', () => {
  it('counts once, also below 0', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const { spendLimits } = client;
    await spendLimits.adjust(ACME, 2, 'video-1');
    await spendLimits.adjust(ACME, 2, 'video-1');
    await spendLimits.adjust(ACME, -0.5, 'refund-1');
    expect(await spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 1.5, remainingUsd: 3.5 }]);
  });

  it('is that of its scope, whatever ids others have', async () => {
    const { client } = await limited({ rules: [TENANT] });
    const { spendLimits } = client;
    await spendLimits.adjust(ACME, 2, 'invoice-1');
    await spendLimits.adjust({ tenant: 'globex' }, 1, 'invoice-1');
    expect(await spendLimits.usage({ tenant: 'globex' })).toMatchObject([{ spentUsd: 1 }]);
  });
});

/** Claims the hold of a completion that this process has settled, as after an outage that was longer than the lease. */
class ReclaimingStore extends InMemorySpendStore {
  settled: SpendHold | undefined;
  commits = 0;

  override commit(account: string, hold: SpendHold, nanoUsd: number): Promise<void> {
    this.commits += 1;
    this.settled = hold;
    return super.commit(account, hold, nanoUsd);
  }

  override claim(): Promise<readonly SpendClaim[]> {
    const hold = this.commits === 1 ? this.settled : undefined;
    return Promise.resolve(hold === undefined ? [] : [{ hold, admittedAt: Date.now(), claims: 1 }]);
  }
}

describe('a cost that this process has announced', () => {
  it('is not announced again where its hold was lost in an outage', async () => {
    const store = new ReclaimingStore();
    const { ask, client, costs } = await limited({ rules: [TENANT], store, leaseMs: 1_000 });
    await (await ask()).text();
    await until(() => store.commits === 2);
    await client.close();
    expect(costs).toMatchObject([{ source: 'answer', usd: 0.1 }]);
  });
});

describe('a cost that is recorded', () => {
  it('counts against the limits, once for each id', async () => {
    const { client } = await limited({ rules: [TENANT] });
    await client.metering.record({ usd: 2, scope: ACME, id: 'video-1' });
    await client.metering.record({ usd: 2, scope: ACME, id: 'video-1' });
    await client.metering.record({ usd: 0, scope: ACME });
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.spentUsd === 2);
  });

  it('takes the place of what was given up for a completion, whichever process records it', async () => {
    const store = new InMemorySpendStore();
    const { ask, client, costs, sandbox } = await limited({ rules: [TENANT], holdUsd: 0.1, store });
    const { apiKey, baseUrl } = sandbox;
    await using other = new OpenRouterClient({ apiKey, baseUrl, spendLimits: { rules: [TENANT], store } });
    for (const recorder of [client, other]) {
      sandbox.failNext({ status: 502 });
      expect(await statusOf(ask())).toBe(502);
      await client.metering.settled();
      const { id, source } = costs.filter((cost) => cost.source !== 'recorded').at(-1)!;
      expect(source).toBe('hold');
      const spent = async (): Promise<number> => (await client.spendLimits.usage(ACME))[0]!.spentUsd;
      const before = await spent();
      await recorder.metering.record({ id, usd: 0.005, scope: ACME });
      await recorder.metering.settled();
      expect(await spent()).toBeCloseTo(before - 0.095, 9);
      // Once for each id.
      await other.metering.record({ id, usd: 0.005, scope: ACME });
      await other.metering.settled();
      expect(await spent()).toBeCloseTo(before - 0.095, 9);
    }
  });

  it('in a scope to which no rule applies is warned of', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { client } = await limited({ rules: [TENANT] });
    await client.metering.record({ usd: 2, scope: { tennant: 'acme' } });
    await client.metering.settled();
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([
      expect.stringMatching(/^spendLimits: `metering\.record` was given a scope to which no rule applies/),
    ]);
  });

  it('reaches the store later if it is away', async () => {
    const away = failingStore();
    const { client } = await limited({ rules: [TENANT], store: away.store });
    await client.metering.record({ usd: 2, scope: ACME });
    away.isDown = false;
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.spentUsd === 2);
  });
});

describe('a store without rules', () => {
  it('limits nothing, and is asked nothing', async () => {
    const away = failingStore();
    const { ask, client } = await limited({ rules: [], store: away.store });
    expect(await statusOf(ask())).toBe(200);
    await (await client.spendLimits.reserve(ACME, 1_000)).commit(1_000);
    expect(await client.spendLimits.usage(ACME)).toEqual([]);
  });
});

describe('an account without rules', () => {
  it('limits nothing', async () => {
    const sandbox = await OpenRouterSandbox.start();
    closers.push(() => sandbox.stop());
    const client = new OpenRouterClient({ apiKey: sandbox.apiKey, baseUrl: sandbox.baseUrl });
    let isComplete = false;
    client.spendLimits.alerts$.subscribe({ complete: () => (isComplete = true) });
    await (await client.spendLimits.reserve(ACME, 1_000)).commit(1_000);
    await client.spendLimits.adjust(ACME, 1, 'a');
    client.spendLimits.refreshLimits();
    expect(await client.spendLimits.usage(ACME)).toEqual([]);
    expect(await client.spendLimits.knownUsage()).toEqual([]);
    expect(client.spendLimits.diagnostics).toBeUndefined();
    await client.close();
    expect(isComplete).toBe(true);
  });
});
