import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import {
  type ExportedCost,
  InMemorySpendStore,
  OpenRouterClient,
  OpenRouterConfigException,
  type OpenRouterModuleOptions,
  OpenRouterSpendStoreException,
  OpenRouterValidationException,
  type SpendLedgerEntry,
  type SpendLimitRule,
  type SpendLimitsOptions,
  type SpendStore,
} from '../../lib/index.js';
import { PostgresSpendStore } from '../../lib/postgres/index.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../lib/testing/index.js';
import { askedAgain, sentAgain } from '../spend-limits/support/asked-again.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { failureOf } from '../support/failures.js';
import { until } from '../support/waiting.js';

// Making a database takes its time on a busy machine.
jest.setTimeout(60_000);

let database: PGlite;

beforeAll(async () => {
  database = await PGlite.create();
});

afterAll(async () => {
  await database.close();
});

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

const TENANT: SpendLimitRule = { by: 'tenant', usd: 100, period: 'day', timeZone: NOON_ZONE };
const ALL_TIME = { from: '2020-01-01', to: '2100-01-01' } as const;
const missedName = (name: string, use: string): string =>
  `metering: what is asked of the ledger is ${use} by '${name}', but no completion of its range has that name in its ` +
  'scope. It may be misspelt. This is logged once for each name.';
const PROMPT = 'The prompt, which nobody keeps';

interface Metered {
  readonly sandbox: OpenRouterSandbox;
  readonly client: OpenRouterClient;
  readonly store: PostgresSpendStore;
  readonly schema: string;
  readonly ask: (scope: Record<string, string>, settings?: AskSettings) => Promise<Response>;
  readonly exported: (
    query?: Parameters<OpenRouterClient['metering']['exportCosts']>[0],
  ) => Promise<ExportedCost[]>;
}

interface AskSettings {
  readonly stream?: boolean;
  readonly model?: string;
  readonly signal?: AbortSignal;
  readonly client?: OpenRouterClient;
}

async function metered(
  spendLimits: Partial<SpendLimitsOptions> = {},
  {
    wrap = (store) => store,
    sandboxOptions = {},
    options = {},
  }: {
    wrap?: (store: SpendStore) => SpendStore;
    sandboxOptions?: OpenRouterSandboxOptions;
    options?: Partial<OpenRouterModuleOptions>;
  } = {},
): Promise<Metered> {
  const sandbox = await OpenRouterSandbox.start(sandboxOptions);
  closers.push(() => sandbox.stop());
  const { baseUrl, apiKey, managementKey } = sandbox;
  const schema = `s${randomUUID().replaceAll('-', '')}`;
  const store = new PostgresSpendStore(database, { schema });
  await store.migrate();
  const client = new OpenRouterClient({
    apiKey,
    managementKey,
    baseUrl,
    metering: { lookupDelaysMs: [1, 5, 20, 100], onUnattributed: 'allow' },
    spendLimits: { rules: [TENANT], holdUsd: 0.1, ...spendLimits, store: wrap(store) },
    ...options,
  });
  closers.push(() => client.close());
  const ask: Metered['ask'] = (scope, { stream = false, model = 'openai/gpt-5-mini', signal } = {}) =>
    client.metering.fetchFor(scope)(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: PROMPT }] }),
      ...(signal && { signal }),
    });
  const exported: Metered['exported'] = async (query) => {
    const entries: ExportedCost[] = [];
    for await (const entry of client.metering.exportCosts(query)) entries.push(entry);
    return entries;
  };
  return { sandbox, client, store, schema, ask, exported };
}

const textOf = async (asked: Promise<Response>): Promise<string> => (await asked).text();

const nano = (usd: number): number => Math.round(usd * 1e9);

const billed = ({ charges }: OpenRouterSandbox): number =>
  charges.reduce((sum, { usd }) => sum + nano(usd), 0);

const summed = (entries: readonly ExportedCost[]): number =>
  entries.reduce((sum, { nanoUsd }) => sum + (nanoUsd ?? 0), 0);

const ENTRY: SpendLedgerEntry = {
  id: 'e1',
  scope: { tenant: 'acme' },
  model: 'openai/gpt-5-mini',
  nanoUsd: 1_000_000_000,
  source: 'answer',
  outcome: 'complete',
  isByok: false,
  isStream: false,
  startedAt: Date.now(),
  durationMs: 5,
};

describe('the ledger', () => {
  it('has one row for each completion, whether a rule applies to it or not', async () => {
    const { ask, client, exported, sandbox } = await metered();
    await textOf(ask({ tenant: 'acme', user: 'u1' }));
    await textOf(ask({ feature: 'search' }, { stream: true }));
    await textOf(ask({}));
    const { id } = await client.metering.record({
      usd: 0.25,
      id: 'video-1',
      scope: { tenant: 'acme' },
      model: 'v',
    });
    await client.metering.record({ usd: 0.25, id: 'video-1', scope: { tenant: 'acme' } });
    const reservation = await client.spendLimits.reserve({ tenant: 'zeta' }, 0.5, { id: 'render-1' });
    await reservation.commit(0.3);
    await client.metering.settled();
    await until(async () => (await exported()).length === 5);
    const entries = await exported();
    expect(new Set(entries.map((entry) => entry.id)).size).toBe(5);
    expect(summed(entries)).toBe(billed(sandbox) + nano(0.25) + nano(0.3));
    expect(entries.every(({ isFinal }) => isFinal)).toBe(true);
    expect(entries.find((entry) => entry.id === id)).toMatchObject({
      source: 'recorded',
      usd: 0.25,
      model: 'v',
    });
    expect(entries.find((entry) => entry.id.startsWith('render-1/'))).toMatchObject({
      source: 'recorded',
      scope: { tenant: 'zeta' },
      usd: 0.3,
    });
    const [charge] = sandbox.charges;
    expect(entries.find(({ scope }) => scope['user'] === 'u1')).toMatchObject({
      generationId: charge!.generationId,
      usd: charge!.usd,
      model: charge!.model,
      provider: expect.any(String),
      promptTokens: expect.any(Number),
      completionTokens: expect.any(Number),
      source: 'answer',
      outcome: 'complete',
      isByok: false,
      isStream: false,
      startedAt: expect.any(Date),
      settledAt: expect.any(Date),
      scope: { tenant: 'acme', user: 'u1' },
    });
  });

  it('has them without any rule, too, and nothing of a prompt, an answer or a key', async () => {
    const { ask, client, exported, sandbox, schema } = await metered({ rules: [] });
    const answer = await textOf(ask({ tenant: 'acme' }));
    await textOf(ask({ tenant: 'acme' }, { stream: true }));
    await client.metering.settled();
    await until(async () => (await exported()).length === 2);
    expect(summed(await exported())).toBe(billed(sandbox));
    const dump: string[] = [];
    for (const table of ['completions', 'holds', 'accounts']) {
      const { rows } = await database.query(`SELECT to_jsonb(t)::text AS text FROM ${schema}.${table} t`);
      dump.push(...rows.map((row) => (row as { text: string }).text));
    }
    expect(dump.length).toBeGreaterThan(2);
    const spoken = JSON.parse(answer).choices[0].message.content as string;
    for (const secret of [PROMPT, spoken, sandbox.apiKey, sandbox.managementKey]) {
      expect(dump.join('\n')).not.toContain(secret);
    }
  });

  it('has one row for each reservation and each recorded cost, though their ids are the same', async () => {
    const { client, exported } = await metered();
    const { metering, spendLimits } = client;
    for (const scope of [{ tenant: 'acme' }, { tenant: 'zeta' }, { user: 'nobody limits' }]) {
      const reservation = await spendLimits.reserve(scope, 0.25, { id: 'render-1' });
      expect(reservation.id).toBe('render-1');
      await reservation.commit(0.25);
    }
    await metering.record({ usd: 0.5, id: 'render-1', scope: { tenant: 'acme' } });
    await metering.record({ usd: 0.5, id: 'render-1', scope: { tenant: 'acme' } });
    await metering.settled();
    const rows = await exported();
    expect(rows.map(({ usd, scope }) => [usd, scope]).sort()).toEqual(
      [
        [0.25, { tenant: 'acme' }],
        [0.25, { tenant: 'zeta' }],
        [0.25, { user: 'nobody limits' }],
        [0.5, { tenant: 'acme' }],
      ].sort(),
    );
    expect(new Set(rows.map(({ id }) => id)).size).toBe(4);
    expect(rows.every(({ id }) => id === 'render-1' || id.startsWith('render-1/'))).toBe(true);
    const { totalUsd } = await metering.report(ALL_TIME);
    expect(totalUsd).toBe(1.25);
  });

  it('has no row for what certainly cost nothing', async () => {
    const { ask, client, exported, sandbox } = await metered({ rules: [{ ...TENANT, usd: 0.05 }] });
    expect((await ask({ tenant: 'acme' })).status).toBe(402);
    sandbox.failNext({ status: 429, path: '/chat/completions' });
    expect((await ask({ feature: 'search' })).status).toBe(429);
    await client.metering.settled();
    await textOf(ask({}));
    await client.metering.settled();
    await until(async () => (await exported()).length === 1);
  });

  it('has what was billed for a stream that was left', async () => {
    const { ask, client, exported, sandbox } = await metered();
    sandbox.onCompletion(() => ({ chunks: 100, chunkDelayMs: 5 }));
    const controller = new AbortController();
    const answer = await ask({ tenant: 'acme' }, { stream: true, signal: controller.signal });
    await answer.body!.getReader().read();
    controller.abort();
    await client.metering.settled();
    await until(async () => (await exported()).length === 1);
    expect(await exported()).toMatchObject([{ source: 'generation', outcome: 'aborted', isFinal: true }]);
    expect(summed(await exported())).toBe(billed(sandbox));
  });

  it('has a row for a cost that stays unknown, at what was held', async () => {
    const { ask, client, exported, sandbox } = await metered();
    sandbox.onCompletion(() => ({ usage: 'missing' }));
    sandbox.generationDelayMs = 600_000;
    await textOf(ask({ tenant: 'acme' }));
    await until(async () => (await exported()).length === 1);
    expect(await exported()).toMatchObject([{ source: 'hold', usd: 0.1, isFinal: false }]);
    const { rows, totalUsd, totalUnsettledUsd } = await client.metering.report(ALL_TIME);
    expect([totalUsd, totalUnsettledUsd]).toEqual([0, 0.1]);
    expect(rows).toMatchObject([{ key: {}, completions: 1, usd: 0, unsettledUsd: 0.1 }]);
  });

  it('gets its rows later, each once, where the store was away', async () => {
    let isAway = false;
    let lost = 0;
    const wrap = (inner: SpendStore): SpendStore => {
      const failing = <T extends object>(target: T): T =>
        new Proxy(target, {
          get: (_target, name) => {
            const member: unknown = Reflect.get(target, name);
            if (name === 'ledger') return failing(member as object);
            if (typeof member !== 'function') return member;
            return async (...args: unknown[]): Promise<unknown> => {
              const answer: unknown = await Reflect.apply(member, target, args);
              // What it was told is done, and its answer is lost.
              if (isAway) {
                lost += 1;
                throw new Error('away');
              }
              return answer;
            };
          },
        });
      return failing(inner);
    };
    const { ask, client, exported, sandbox } = await metered({}, { wrap });
    sandbox.onCompletion(() => ({ chunks: 3, chunkDelayMs: 10 }));
    const answer = await ask({ tenant: 'acme' }, { stream: true });
    isAway = true;
    await answer.text();
    await textOf(ask({ feature: 'search' }));
    await until(() => lost >= 3);
    isAway = false;
    await client.metering.settled();
    await until(async () => (await exported()).length === sandbox.charges.length, 20_000);
    expect(summed(await exported())).toBe(billed(sandbox));
  });

  it('has no row for a generation that was recorded by hand before', async () => {
    const { ask, client, exported, sandbox } = await metered();
    sandbox.onCompletion(() => ({ chunks: 4, chunkDelayMs: 20 }));
    const answer = await ask({ tenant: 'acme' }, { stream: true });
    await client.metering.record({
      usd: 0.2,
      id: answer.headers.get('x-generation-id')!,
      scope: { tenant: 'acme' },
    });
    await answer.text();
    await client.metering.settled();
    await until(
      async () => (await askedAgain(() => client.spendLimits.usage({ tenant: 'acme' })))[0]!.heldUsd === 0,
    );
    expect(summed(await exported())).toBe(nano(0.2));
    expect((await askedAgain(() => client.spendLimits.usage({ tenant: 'acme' })))[0]!.spentUsd).toBe(0.2);
  });
});

describe('metering.report', () => {
  it('adds up exactly, by model, day and names of the scope', async () => {
    const { ask, client, exported, sandbox } = await metered();
    sandbox.onCompletion(() => ({ usd: 0.100_000_001 }));
    for (const [tenant, model] of [
      ['acme', 'openai/gpt-5-mini'],
      ['acme', 'openai/gpt-5-mini'],
      ['acme', 'openai/gpt-4.1'],
      ['zeta', 'openai/gpt-4.1'],
    ] as const) {
      await textOf(ask({ tenant }, { model }));
    }
    await textOf(ask({ feature: 'search' }));
    await client.metering.settled();
    await until(async () => (await exported()).length === 5);
    const byTenant = await client.metering.report({ ...ALL_TIME, groupBy: 'tenant' });
    expect(byTenant.totalUsd).toBe(0.500_000_005);
    expect(byTenant.rows.map(({ key, usd, completions }) => [key, usd, completions])).toEqual([
      [{ tenant: 'acme' }, 0.300_000_003, 3],
      [{ tenant: 'zeta' }, 0.100_000_001, 1],
      [{ tenant: null }, 0.100_000_001, 1],
    ]);
    const scope = { tenant: 'acme' };
    const { rows } = await client.metering.report({ ...ALL_TIME, scope, groupBy: ['model', 'day'] });
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({
      key: { model: 'openai/gpt-5-mini' },
      usd: 0.200_000_002,
      completions: 2,
    });
    expect(rows[0]!.key['day']).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(rows.every(({ promptTokens, completionTokens }) => promptTokens > 0 && completionTokens > 0)).toBe(
      true,
    );
    const before = await client.metering.report({ from: '2020-01-01', to: '2020-02-01', groupBy: 'day' });
    expect(before).toEqual({ rows: [], totalUsd: 0, totalUnsettledUsd: 0 });
  });

  it('warns once of a report by a name that no completion has', async () => {
    const lines: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(line));
    const { client } = await metered();
    const report = (groupBy: string[]) => client.metering.report({ ...ALL_TIME, groupBy });
    await report(['tennant']);
    await client.metering.record({ usd: 0.1, scope: { tenant: 'acme', user: 'u1' } });
    await client.metering.settled();
    for (const groupBy of [['model', 'day'], ['tenant', 'user'], ['tenant', 'usr'], ['tennant'], ['usr']]) {
      await report(groupBy);
    }
    expect(lines.filter((line) => String(line).startsWith('metering:'))).toEqual(
      ['usr', 'tennant'].map((name) => missedName(name, 'grouped')),
    );
  });

  it('warns once of a filter by a name that neither a rule nor a completion has', async () => {
    const lines: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(line));
    const { client, exported } = await metered();
    await client.metering.record({ usd: 0.1, scope: { tenant: 'acme', user: 'u1' } });
    await client.metering.settled();
    // The first tenant has spent nothing yet, which is nothing to warn of.
    expect(await exported({ scope: { tenant: 'globex' } })).toEqual([]);
    expect(await exported({ scope: { user: 'u1' } })).toHaveLength(1);
    for (const scope of [{ tenant: 'globex' }, { user: 'u1' }, { tennant: 'acme' }, { tennant: 'zeta' }]) {
      await client.metering.report({ ...ALL_TIME, groupBy: 'tenant', scope });
    }
    expect(await exported({ scope: { tenant: 'acme', usr: 'u1' } })).toEqual([]);
    expect(lines.filter((line) => String(line).startsWith('metering:'))).toEqual(
      ['tennant', 'usr'].map((name) => missedName(name, 'filtered')),
    );
  });

  it('tells what is held while a completion is under way', async () => {
    const { ask, client, sandbox } = await metered({ rules: [] });
    sandbox.onCompletion(() => ({ chunks: 3, chunkDelayMs: 50 }));
    const answer = await ask({ tenant: 'acme' }, { stream: true });
    const query = { ...ALL_TIME, groupBy: ['tenant', 'model'] };
    const { rows, totalUsd } = await client.metering.report(query);
    expect(rows).toMatchObject([
      { key: { tenant: 'acme', model: 'openai/gpt-5-mini' }, completions: 0, usd: 0, unsettledUsd: 0.1 },
    ]);
    expect(totalUsd).toBe(0);
    await answer.text();
    await client.metering.settled();
    await until(async () => (await client.metering.report(query)).totalUnsettledUsd === 0);
    expect((await client.metering.report(query)).totalUsd).toBe(billed(sandbox) / 1e9);
  });

  it('names the store that is missing', async () => {
    const { baseUrl, apiKey } = { baseUrl: 'http://127.0.0.1:1', apiKey: 'sk-or-v1-a' };
    for (const spendLimits of [undefined, { rules: [TENANT], store: new InMemorySpendStore() }]) {
      await using client = new OpenRouterClient({ baseUrl, apiKey, spendLimits });
      const { metering } = client;
      await expect(metering.report(ALL_TIME)).rejects.toThrow(OpenRouterConfigException);
      await expect(metering.report(ALL_TIME)).rejects.toThrow(/spendLimits\.store.*PostgresSpendStore/);
      await expect(metering.reconcile({ date: '2026-01-01' })).rejects.toThrow(OpenRouterConfigException);
      expect(() => metering.exportCosts()).toThrow(OpenRouterConfigException);
      await expect(metering.report({} as never)).rejects.toThrow(OpenRouterValidationException);
    }
  });

  it('says in the exception what the store lacks, and shows the reason of no other failure', async () => {
    const settings = { baseUrl: 'http://127.0.0.1:1', apiKey: 'sk-or-v1-a' };
    const missing = {
      query: () => Promise.reject(Object.assign(new Error('the-secret'), { code: '42P01' })),
    };
    const leaky = { query: () => Promise.reject(new Error('postgres://u:secret@h')) };
    for (const [pool, message] of [
      [missing, /nowhere is not set up .*migrate\(\)/],
      [leaky, /^The store of the spend limits did not answer.*has failed: it did not answer\.$/],
    ] as const) {
      const store = new PostgresSpendStore(pool, { schema: 'nowhere' });
      await using client = new OpenRouterClient({ ...settings, spendLimits: { rules: [TENANT], store } });
      for (const call of [
        client.spendLimits.usage({ tenant: 'acme' }),
        client.spendLimits.reserve({ tenant: 'acme' }, 1),
        client.spendLimits.adjust({ tenant: 'acme' }, 1, 'one'),
        client.metering.report(ALL_TIME),
        client.metering.exportCosts(ALL_TIME).next(),
      ]) {
        const failure = await failureOf(call);
        expect(failure).toBeInstanceOf(OpenRouterSpendStoreException);
        expect(failure.message).toMatch(message);
        expect(JSON.stringify(failure) + String(failure.stack)).not.toContain('secret');
      }
    }
  });

  it('fails with the exception of the store, without a secret', async () => {
    const wrap = (inner: SpendStore): SpendStore =>
      new Proxy(inner, {
        get: (target, name): unknown =>
          name === 'ledger'
            ? { openHolds: () => Promise.reject(new Error('postgres://u:secret@h')) }
            : Reflect.get(target, name),
      });
    const { client } = await metered({}, { wrap });
    const failure = await client.metering.report(ALL_TIME).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenRouterSpendStoreException);
    expect(JSON.stringify(failure) + String(failure)).not.toContain('secret');
  });
});

describe('metering.exportCosts', () => {
  it('tells a billing job that crashes each row once, to the last nano-dollar', async () => {
    const { ask, client, exported, sandbox } = await metered();
    const bills = new Map<string, number>();
    let cursor: string | undefined;
    let sum = 0;
    /** Processes some entries, and ends in the middle. */
    const job = async (most: number): Promise<void> => {
      let left = most;
      for await (const entry of client.metering.exportCosts({
        ...(cursor !== undefined && { after: cursor }),
      })) {
        if (left === 0) return;
        left -= 1;
        expect(bills.has(entry.id)).toBe(false);
        bills.set(entry.id, entry.nanoUsd!);
        sum += entry.nanoUsd!;
        ({ cursor } = entry);
      }
    };
    sandbox.onCompletion(() => ({ usd: 0.000_000_123 * (sandbox.charges.length + 1) }));
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(
        Array.from({ length: 5 }, (_, user) => textOf(ask({ tenant: 'acme', user: `u${user}` }))),
      );
      await job(3);
    }
    await client.metering.settled();
    await until(async () => (await exported()).length === 20);
    await job(Infinity);
    expect(bills.size).toBe(20);
    expect(sum).toBe(billed(sandbox));
    const acme = await exported({ scope: { user: 'u1' } });
    expect(acme).toHaveLength(4);
  });

  it('tells a row again once its bill is known, and then never more', async () => {
    const { exported, store, client } = await metered();
    await askedAgain(() => client.spendLimits.usage({ tenant: 'acme' }));
    const account = await accountOf(store, client);
    await store.ledger.record(account, { ...ENTRY, source: 'hold', nanoUsd: 100 });
    await store.ledger.record(account, { ...ENTRY, id: 'e2', nanoUsd: 5 });
    const first = await exported();
    expect(first.map(({ id, isFinal, nanoUsd }) => [id, isFinal, nanoUsd])).toEqual([
      ['e1', false, 100],
      ['e2', true, 5],
    ]);
    await store.ledger.record(account, { ...ENTRY, source: 'generation', nanoUsd: 70 });
    await store.ledger.record(account, { ...ENTRY, source: 'generation', nanoUsd: 80 });
    const { cursor } = first.at(-1)!;
    expect(await exported({ after: cursor })).toMatchObject([{ id: 'e1', isFinal: true, nanoUsd: 70 }]);
    expect(await exported()).toHaveLength(2);
  });

  it('and the limits agree once a row of a hold is completed by hand', async () => {
    const { ask, client, exported, sandbox } = await metered({ holdUsd: 0.02 });
    sandbox.failNext({ status: 502 });
    await sentAgain(() => ask({ tenant: 'acme' }));
    await client.metering.settled();
    const [held] = await exported();
    expect(held).toMatchObject({ source: 'hold', isFinal: false, usd: 0.02 });
    await client.metering.record({ id: held!.id, usd: 0.005, scope: { tenant: 'acme' } });
    await client.metering.settled();
    const report = await client.metering.report({ ...ALL_TIME, groupBy: 'tenant' });
    expect(report).toMatchObject({ totalUsd: 0.005, totalUnsettledUsd: 0, rows: [{ completions: 1 }] });
    const [usage] = await askedAgain(() => client.spendLimits.usage({ tenant: 'acme' }));
    expect(usage).toMatchObject({ spentUsd: 0.005, heldUsd: 0, unsettledUsd: 0 });
    expect(await exported({ after: held!.cursor })).toMatchObject([
      { id: held!.id, isFinal: true, usd: 0.005 },
    ]);
  });

  it('refuses a cursor that is none', async () => {
    const { exported, client } = await metered();
    expect(() => client.metering.exportCosts({ after: 'x y' })).toThrow(OpenRouterValidationException);
    await expect(exported({ after: 'foreign' })).rejects.toThrow(/`after` must be the `cursor`/);
    // It would go on in silence without what comes next.
    await client.metering.record({ usd: 0.1, scope: { tenant: 'acme' } });
    await client.metering.settled();
    const last = BigInt((await exported()).at(-1)!.cursor);
    await expect(exported({ after: String(last) })).resolves.toEqual([]);
    await expect(exported({ after: String(last + 1n) })).rejects.toThrow(
      /`after` must be the `cursor` .*, which has none that far: .* another database, .* the backup that was restored/,
    );
  });
});

describe('metering.reconcile', () => {
  const DAY_MS = 86_400_000;

  it('shows what was spent past the meter, by model', async () => {
    const { client, sandbox, store } = await metered();
    const midnight = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
    const date = new Date(midnight);
    const account = await accountOf(store, client);
    const noon = midnight + DAY_MS / 2;
    const model = 'openai/gpt-5-mini';
    const record = (id: string, usd: number, startedAt: number, durationMs = 1_000): Promise<void> =>
      store.ledger.record(account, { ...ENTRY, id, model, nanoUsd: nano(usd), startedAt, durationMs });
    await record('a', 1.25, noon);
    // Requested before midnight, and booked after it.
    await record('b', 0.5, midnight - 60_000, 3_600_000);
    // Requested on the day, and booked on the next one.
    await record('c', 7, midnight + DAY_MS - 60_000, 3_600_000);
    // Ended so close to midnight that it may be of either day.
    await record('d', 0.125, midnight + DAY_MS - 30_000);
    sandbox.spend(1.75, { at: new Date(noon), model });
    expect(await client.metering.reconcile({ date })).toMatchObject({
      date: date.toISOString().slice(0, 10),
      meteredUsd: 1.875,
      billedUsd: 1.75,
      unmeteredUsd: -0.125,
      midnightUsd: 0.125,
      unexplainedUsd: 0,
      byModel: [{ model, meteredUsd: 1.875, unexplainedUsd: 0 }],
    });
    sandbox.spend(3, { at: new Date(noon), model: 'openai/gpt-4.1' });
    const result = await client.metering.reconcile({ date });
    expect(result).toMatchObject({ billedUsd: 4.75, unmeteredUsd: 2.875 });
    expect(result.byModel[0]).toMatchObject({
      model: 'openai/gpt-4.1',
      meteredUsd: 0,
      billedUsd: 3,
      unmeteredUsd: 3,
    });
    expect(result.byModel[0]!.unexplainedUsd).toBeCloseTo(3, 4);
    expect(result.unexplainedUsd).toBeGreaterThan(2.7);
  });
});

/** The name by which the store knows the account of a client. */
async function accountOf(store: PostgresSpendStore, client: OpenRouterClient): Promise<string> {
  let account = '';
  const { openHolds } = store.ledger;
  store.ledger.openHolds = (name, range) => {
    account = name;
    return openHolds.call(store.ledger, name, range);
  };
  await client.metering.report(ALL_TIME);
  Reflect.deleteProperty(store.ledger, 'openHolds');
  return account;
}
