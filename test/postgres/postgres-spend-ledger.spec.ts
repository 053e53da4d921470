import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { Pool } from 'pg';
import type { SpendLedgerRow } from '../../lib/contracts/spend-ledger.js';
import type { SpendScope } from '../../lib/contracts/completion-cost.js';
import type { SpendHold, SpendSubject } from '../../lib/contracts/spend-store.js';
import {
  PostgresSpendStore,
  type PostgresSpendStoreOptions,
} from '../../lib/postgres/postgres-spend-store.js';
import type { PostgresSpendClient } from '../../lib/postgres/spend-database.js';
import { failureOf } from '../support/failures.js';
import { sleep, until } from '../support/waiting.js';
import { entryOf } from './support/ledger-entries.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Making a database takes its time on a busy machine.
jest.setTimeout(60_000);

const ACCOUNT = 'ab'.repeat(32);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Days of the past that nothing prunes yet. */
const TODAY = Math.floor(Date.now() / DAY) * DAY;
const ALL = { from: 0, to: TODAY + 2 * DAY };

describeLedger('PGlite', true, async () => {
  const database = await PGlite.create();
  return { client: database, close: () => database.close() };
});

describeLedger('PostgreSQL', HAS_POSTGRES, async () => {
  const server = await PostgresServer.start();
  const pool = new Pool({ connectionString: server.url });
  return {
    client: pool,
    close: async () => {
      await pool.end();
      await server.stop();
    },
  };
});

interface Database {
  readonly client: PostgresSpendClient;
  readonly close: () => Promise<void>;
}

function describeLedger(name: string, isThere: boolean, open: () => Promise<Database>): void {
  (isThere ? describe : describe.skip)(`the ledger on ${name}`, () => {
    let database: Database;
    let schema: string;

    beforeAll(async () => {
      database = await open();
    });

    afterAll(() => database.close());

    async function opened(options: PostgresSpendStoreOptions = {}): Promise<PostgresSpendStore> {
      schema = `s${randomUUID().replaceAll('-', '')}`;
      const store = new PostgresSpendStore(database.client, { schema, ...options });
      await store.migrate();
      return store;
    }

    const all = async ({ ledger }: PostgresSpendStore): Promise<readonly SpendLedgerRow[]> =>
      (await ledger.page(ACCOUNT, { ...ALL, limit: 1_000 }))!;

    it('keeps whatever an entry says, once', async () => {
      const store = await opened();
      const scope = { tenant: 'ä "x" \\ {y}', user: 'u\u{1F600}' };
      const full = entryOf('full', 9_007_199_254_740_991, {
        ...{ scope, generationId: 'gen-1', provider: 'OpenAI', promptTokens: 3, completionTokens: 4 },
        ...{ isByok: true, isStream: true, outcome: 'aborted', startedAt: TODAY + 123, durationMs: 5 },
      });
      await Promise.all([store.ledger.record(ACCOUNT, full), store.ledger.record(ACCOUNT, full)]);
      await store.ledger.record('cd'.repeat(32), full);
      await store.ledger.record(
        ACCOUNT,
        entryOf('broken', 1, { model: 'half \ud83d and \0', startedAt: TODAY + 9 }),
      );
      const [{ settledAt, cursor, ...row }, broken] = (await all(store)) as [SpendLedgerRow, SpendLedgerRow];
      expect([row.id, broken.id].sort()).toEqual(['broken', 'full']);
      const [kept, other] = row.id === 'full' ? [row, broken] : [broken, row];
      expect(kept).toMatchObject(full);
      expect(other.model).toBe('half \uFFFD and \uFFFD');
      expect([Number.isSafeInteger(settledAt), /^\w+$/.test(cursor)]).toEqual([true, true]);
    });

    it('writes the entry together with the bill, and replaces what was unknown or given up', async () => {
      const store = await opened();
      const hold = await reserve(store, 'one');
      await store.giveUp(ACCOUNT, hold, entryOf('one', 10, { source: 'hold' }));
      await store.ledger.record(ACCOUNT, entryOf('two', null, { provider: 'OpenAI' }));
      const query = { ...ALL, groupBy: [] };
      await expect(store.ledger.report(ACCOUNT, query)).resolves.toMatchObject([
        { nanoUsd: 0n, unsettledNanoUsd: 10n, completions: 2, unknownCompletions: 1 },
      ]);
      const first = await all(store);
      expect(first.map(({ id }) => id).sort()).toEqual(['one', 'two']);
      await store.commit(ACCOUNT, hold, 7, entryOf('one', 7, { source: 'generation' }));
      await store.commit(ACCOUNT, hold, 9, entryOf('one', 9));
      await store.ledger.record(ACCOUNT, entryOf('two', 5));
      await store.ledger.record(ACCOUNT, entryOf('two', null));
      await expect(store.ledger.report(ACCOUNT, query)).resolves.toMatchObject([
        { nanoUsd: 12n, unsettledNanoUsd: 0n, completions: 2, unknownCompletions: 0 },
      ]);
      // They come again after what was seen, and no longer before it.
      const next = await store.ledger.page(ACCOUNT, { ...ALL, after: first.at(-1)!.cursor, limit: 10 });
      expect(next!.map(({ id, nanoUsd, provider }) => [id, nanoUsd, provider]).sort()).toEqual([
        ['one', 7, undefined],
        ['two', 5, 'OpenAI'],
      ]);
      expect(await all(store)).toEqual(next);
    });

    it('adds up by day, model and names of the scope, of a scope, and by the end of completions', async () => {
      const store = await opened();
      const entries = [
        entryOf('a', 1, { startedAt: TODAY - 1, durationMs: 2, promptTokens: 5 }),
        entryOf('b', 2, { startedAt: TODAY, scope: { tenant: 'acme', user: 'u1' }, completionTokens: 7 }),
        entryOf('c', 4, { startedAt: TODAY + DAY - 1, scope: {}, model: undefined }),
        entryOf('d', 8, { startedAt: TODAY + DAY, model: 'other' }),
      ];
      for (const entry of entries) await store.ledger.record(ACCOUNT, entry);
      const sums = async (groupBy: string[], rest: object = {}) =>
        (await store.ledger.report(ACCOUNT, { ...ALL, groupBy, ...rest })).map(({ key, nanoUsd }) => [
          ...key,
          nanoUsd,
        ]);
      const day = (number: number): string => new Date(TODAY + number * DAY).toISOString().slice(0, 10);
      await expect(sums(['day'])).resolves.toEqual([
        [day(-1), 1n],
        [day(0), 6n],
        [day(1), 8n],
      ]);
      await expect(sums(['tenant', 'model'])).resolves.toEqual([
        ['acme', 'openai/gpt-5-mini', 3n],
        ['acme', 'other', 8n],
        [null, null, 4n],
      ]);
      await expect(sums(['user'], { scope: { tenant: 'acme' } })).resolves.toEqual([
        ['u1', 2n],
        [null, 9n],
      ]);
      await expect(sums([`it's "quoted"`], { from: TODAY, to: TODAY + DAY })).resolves.toEqual([[null, 6n]]);
      await expect(sums([], { from: TODAY, to: TODAY + DAY, moment: 'end' })).resolves.toEqual([[3n]]);
      await expect(sums([], { from: 0, to: 1 })).resolves.toEqual([]);
      const [all1] = await store.ledger.report(ACCOUNT, { ...ALL, groupBy: [] });
      expect([all1!.promptTokens, all1!.completionTokens]).toEqual([5, 7]);
    });

    it('shows each entry once to whoever follows the cursors, while others are written', async () => {
      const store = await opened();
      const write = (from: number): Promise<unknown> =>
        Promise.all(
          Array.from({ length: 40 }, (_, index) =>
            store.ledger.record(ACCOUNT, entryOf(`e${from + index}`, 1)),
          ),
        );
      await write(0);
      const seen: string[] = [];
      const writing = write(40);
      let after: string | undefined;
      const follow = async (): Promise<void> => {
        for (;;) {
          const rows: readonly SpendLedgerRow[] = (await store.ledger.page(ACCOUNT, {
            ...ALL,
            after,
            limit: 7,
          }))!;
          seen.push(...rows.map(({ id }) => id));
          after = rows.at(-1)?.cursor ?? after;
          if (rows.length === 0) return;
        }
      };
      await follow();
      await writing;
      await follow();
      expect(seen).toHaveLength(80);
      expect(new Set(seen).size).toBe(80);
      expect((await all(store)).map(({ id }) => id)).toEqual(seen);
      await expect(store.ledger.page(ACCOUNT, { ...ALL, after: 'x-1', limit: 7 })).resolves.toBeUndefined();
      const none = await store.ledger.page(ACCOUNT, { ...ALL, scope: { tenant: 'nobody' }, limit: 7 });
      expect(none).toEqual([]);
    });

    it('tells open holds, and those alone', async () => {
      const store = await opened();
      const [first, second] = [
        await reserve(store, 'first', 'note 1'),
        await reserve(store, 'second', 'note 2'),
      ];
      await reserve(store, 'third', 'note 3', 1);
      await store.commit(ACCOUNT, second, 5);
      await sleep(5);
      await store.claim(ACCOUNT, 1, HOUR);
      const open = await store.ledger.openHolds(ACCOUNT, ALL);
      expect(open.map(({ note, nanoUsd }) => [note, nanoUsd]).sort()).toEqual([
        ['note 1', 10],
        ['note 3', 10],
      ]);
      await expect(store.ledger.openHolds(ACCOUNT, { from: 0, to: TODAY })).resolves.toEqual([]);
      expect(first.note).toBe('note 1');
    });

    it('takes any value of a scope, and any name, as an entry has them', async () => {
      const store = await opened();
      const { ledger } = store;
      const scope = { tenant: 'half \ud83d', constructor: 'c', toString: 't', ['__proto__']: 'p' };
      await ledger.record(ACCOUNT, entryOf('a', 1, { scope: Object.fromEntries(Object.entries(scope)) }));
      await ledger.record(ACCOUNT, entryOf('b', 2, { scope: { tenant: 'nul \0' } }));
      await ledger.record(ACCOUNT, entryOf('c', 4, { scope: {} }));
      const sums = async (groupBy: string[], wanted: object) =>
        (await ledger.report(ACCOUNT, { ...ALL, groupBy, scope: wanted as SpendScope })).map(
          ({ key, nanoUsd }) => [...key, nanoUsd],
        );
      await expect(sums([], { tenant: 'half \ud83d' })).resolves.toEqual([[1n]]);
      await expect(sums([], { tenant: 'nul \0' })).resolves.toEqual([[2n]]);
      await expect(sums([], { constructor: 'c' })).resolves.toEqual([[1n]]);
      for (const name of ['constructor', 'toString', '__proto__']) {
        await expect(sums([name], {})).resolves.toEqual([
          [name.replaceAll('_', '')[0], 1n],
          [null, 6n],
        ]);
      }
      const page = await ledger.page(ACCOUNT, { ...ALL, limit: 9, scope: { tenant: 'half \ud83d' } });
      expect(page?.map(({ id }) => id)).toEqual(['a']);
    });

    it('makes a bounded number of holds unsettled in a call, and all of them in the end', async () => {
      const store = await opened();
      const ids = Array.from({ length: 300 }, (_, index) => `h${index}`);
      await Promise.all(
        ids.map((id) =>
          store.reserve(ACCOUNT, { id, nanoUsd: 1, leaseMs: 1, note: '', subjects: [subjectOf('a1')] }),
        ),
      );
      const unsettled = async (): Promise<number | undefined> => {
        const report = await store.usage(ACCOUNT, [subjectOf('a1')]);
        return report.status === 'done' ? report.figures[0]?.[0]?.unsettledNanoUsd : undefined;
      };
      await database.client.query(`UPDATE ${schema}.holds SET expires_at = 1`);
      expect(await unsettled()).toBe(256);
      expect(await unsettled()).toBe(300);
      expect(await store.claim(ACCOUNT, 1_000, HOUR)).toHaveLength(300);
    });

    it('writes no counters where nothing is counted', async () => {
      const store = await opened();
      const start = Date.now() - HOUR;
      const spans = [-1, 0, 1].map((number) => {
        const [from, to] = [start + number * DAY, start + (number + 1) * DAY];
        return { id: `d:${number}`, from, to, keepUntil: to };
      });
      const subject = { ...subjectOf('a1'), windows: [{ spans, slots: 4, limitNanoUsd: 10 }] };
      const request = { leaseMs: HOUR, note: '', subjects: [subject] };
      const rows = async (): Promise<unknown[]> => {
        const found = await database.client.query(`SELECT span FROM ${schema}.windows`);
        return found.rows.map((row) => (row as { span: string }).span);
      };
      const none = await store.reserve(ACCOUNT, { ...request, id: 'zero', nanoUsd: 0 });
      expect(none.status).toBe('admitted');
      if (none.status === 'admitted') await store.commit(ACCOUNT, none.hold, 0);
      await store.restore(ACCOUNT, [subject], [[0]]);
      await expect(rows()).resolves.toEqual([]);
      await store.reserve(ACCOUNT, { ...request, id: 'one', nanoUsd: 1 });
      await expect(rows()).resolves.toEqual(['d:0']);
    });

    it('deletes what has ended long ago, also where nothing is ever billed', async () => {
      const store = await opened();
      await reserve(store, 'one');
      await database.client
        .query(`INSERT INTO ${schema}.holds (account, id, is_adjustment, state, nano_usd, places, note,
        admitted_at, expires_at, forget_at) SELECT h.account, 'old' || n, false, 'released', 1, '[]', '', 0, 0, n
        FROM ${schema}.holds h, generate_series(1, 1000) n`);
      await store.release(ACCOUNT, { id: 'one', nanoUsd: 1, places: [], note: '' });
      await until(
        async () =>
          (await database.client.query(`SELECT FROM ${schema}.holds WHERE id LIKE 'old%'`)).rows.length === 0,
      );
    });

    it('deletes what is older than it has to be kept, a few at a time', async () => {
      const store = await opened({ retainDays: 30 });
      const old = { startedAt: TODAY - 31 * DAY };
      for (let index = 0; index < 5; index += 1) {
        await store.ledger.record(ACCOUNT, entryOf(`old${index}`, 1, old));
        await store.ledger.record(ACCOUNT, entryOf(`young${index}`, 1, { startedAt: TODAY - 28 * DAY }));
      }
      const count = async (): Promise<number> =>
        (await store.ledger.report(ACCOUNT, { ...ALL, groupBy: [] }))[0]!.completions;
      const { rows } = await database.client.query(
        `SELECT ${schema}.prune($1::text, $2::text::jsonb)::text`,
        [ACCOUNT, JSON.stringify({ retainMs: 30 * DAY, limit: 2 })],
      );
      expect([rows.length, await count()]).toEqual([1, 8]);
      await store.claim(ACCOUNT, 1, HOUR);
      await until(async () => (await count()) === 5);
      expect((await all(store)).every(({ id }) => id.startsWith('young'))).toBe(true);
    });

    it('warns of a server that may lose what it has confirmed', async () => {
      const sentences = await (await opened()).check();
      expect(sentences).toEqual(name === 'PGlite' ? [] : [expect.stringContaining('fsync')]);
    });

    it('makes its schema once, however many do so at once, also from its text', async () => {
      const store = await opened();
      await reserve(store, 'kept');
      const epoch = await store.epoch();
      await Promise.all(Array.from({ length: 5 }, () => store.migrate()));
      expect(await store.epoch()).toBe(epoch);
      await expect(store.ledger.openHolds(ACCOUNT, ALL)).resolves.toHaveLength(1);
      // As a program does that carries out a migration of its own.
      await database.client.query(`DO $own$ BEGIN EXECUTE $text$${store.schema()}$text$; END $own$`);
      await expect(store.ledger.openHolds(ACCOUNT, ALL)).resolves.toHaveLength(1);
      await database.client.query(`DROP SCHEMA ${schema} CASCADE`);
      await store.migrate();
      expect(await store.epoch()).not.toBe(epoch);
    });

    it('names both versions where the database has another one, and says where it has none', async () => {
      const store = await opened();
      await database.client.query(`UPDATE ${schema}.meta SET version = 7`);
      const again = new PostgresSpendStore(database.client, { schema });
      const unread = (): PostgresSpendStore['ledger'] =>
        new PostgresSpendStore(database.client, { schema }).ledger;
      for (const failure of [
        await failureOf(again.migrate()),
        await failureOf(reserve(again, 'one')),
        await failureOf(unread().report(ACCOUNT, { ...ALL, groupBy: [] })),
        await failureOf(unread().openHolds(ACCOUNT, ALL)),
        await failureOf(unread().page(ACCOUNT, { ...ALL, limit: 10 })),
      ]) {
        expect(failure.name).toBe('OpenRouterSpendStoreException');
        expect(failure.message).toMatch(/has version 7, .* needs version 1\./);
      }
      await expect(store.check()).resolves.toContainEqual(expect.stringContaining('version 7'));
      const nowhere = new PostgresSpendStore(database.client, { schema: 'nowhere' });
      expect((await failureOf(reserve(nowhere, 'one'))).message).toMatch(/not set up .* migrate\(\)/);
      await expect(nowhere.check()).resolves.toEqual([expect.stringContaining('not set up')]);
    });
  });
}

describe('PostgresSpendStore', () => {
  const client = { query: () => Promise.resolve({ rows: [] }), password: 'the-password' };

  it('shows neither the client nor its password', () => {
    expect(inspect(new PostgresSpendStore(client), { depth: Infinity, showHidden: true })).not.toContain(
      'the-password',
    );
  });

  it.each([[{}], [null], ['postgresql://'], [undefined]])('refuses %j as a client', (given) => {
    expect(() => new PostgresSpendStore(given as unknown as PostgresSpendClient)).toThrow(/client must have/);
  });

  it.each(['', 'A', 'a b', 'a"b', 'pg_a', '1a', 'x'.repeat(64), 5])('refuses %j as a schema', (schema) => {
    expect(() => new PostgresSpendStore(client, { schema: schema as string })).toThrow(/`schema` must be/);
  });

  it.each([0, -1, 1.5, 40_000, NaN, '7'])('refuses %j as days to keep completions', (retainDays) => {
    expect(() => new PostgresSpendStore(client, { retainDays: retainDays as number })).toThrow(
      /`retainDays` must be/,
    );
  });

  it.each<[unknown, RegExp]>([
    [{ retainDay: 3 }, /^PostgresSpendStore: `retainDay` is not known; did you mean `retainDays`\?$/],
    [
      { connectionString: 'postgresql://a:the-password@b' },
      /`connectionString` is not known; there are `schema`, /,
    ],
    [null, /options must be an object, .*; got null/],
    ['postgresql://a:the-password@b', /options must be an object/],
  ])('refuses %j as options, and shows no value', (options, message) => {
    const open = (): unknown => new PostgresSpendStore(client, options as PostgresSpendStoreOptions);
    expect(open).toThrow(message);
    expect(open).not.toThrow(/the-password/);
  });

  it('keeps completions for ever if it is told so', () => {
    expect(new PostgresSpendStore(client, { retainDays: null }).ledger).toBeDefined();
  });

  it.each([[{ rows: [{}] }], [{ rows: 5 }], [undefined]])(
    'fails where a client returns %j',
    async (answer) => {
      const broken = { query: () => Promise.resolve(answer as { rows: [] }) };
      expect((await failureOf(reserve(new PostgresSpendStore(broken), 'one'))).name).toBe(
        'OpenRouterSpendStoreException',
      );
    },
  );
});

function subjectOf(key: string): SpendSubject {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  return { root: 'c0ffee', key, windows: [{ spans, slots: 1, limitNanoUsd: 1_000 }] };
}

async function reserve(store: PostgresSpendStore, id: string, note = '', leaseMs = HOUR): Promise<SpendHold> {
  const subjects = [subjectOf('a1')];
  const answer = await store.reserve(ACCOUNT, { id, nanoUsd: 10, leaseMs, subjects, note });
  if (answer.status !== 'admitted') throw new Error(answer.status);
  return answer.hold;
}
