import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Pool } from 'pg';
import type { SpendHold, SpendSubject } from '../../lib/contracts/spend-store.js';
import { PostgresSpendStore } from '../../lib/postgres/postgres-spend-store.js';
import type { PostgresSpendClient } from '../../lib/postgres/spend-database.js';
import { RedisProxy } from '../redis/support/redis-proxy.js';
import { compareWithModel } from '../spend-limits/support/model-commands.js';
import { failureOf } from '../support/failures.js';
import { sleep, until } from '../support/waiting.js';
import { entryOf } from './support/ledger-entries.js';
import { patient } from './support/patient-client.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Every test starts programs, which take their time on a busy machine.
jest.setTimeout(60_000);

const ACCOUNT = 'ab'.repeat(32);
const HOUR = 3_600_000;

function subjectOf(key: string, limitNanoUsd: number | null): SpendSubject {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  return { root: 'c0ffee', key, windows: [{ spans, slots: 1, limitNanoUsd }] };
}

function newSchema(): string {
  return `s${randomUUID().replaceAll('-', '')}`;
}

(HAS_POSTGRES ? describe : describe.skip)('PostgresSpendStore where something fails', () => {
  let server: PostgresServer;
  let pool: Pool;

  beforeAll(async () => {
    server = await PostgresServer.start();
    pool = new Pool({ connectionString: server.url });
    pool.on('error', () => undefined);
  });

  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  async function opened(client: PostgresSpendClient = pool): Promise<PostgresSpendStore> {
    const store = new PostgresSpendStore(client, { schema: newSchema() });
    await store.migrate();
    return store;
  }

  it('does what the model does where answers are lost and calls are sent again', async () => {
    const proxy = await RedisProxy.start(server.port);
    const behind = new Pool({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres' });
    behind.on('error', () => undefined);
    const persistent: PostgresSpendClient = {
      query: async (text, values) => {
        for (;;) {
          try {
            return await behind.query(text, values);
          } catch (error) {
            if (!/terminated|ECONNRESET/.test(String(error))) throw error;
          }
        }
      },
    };
    const schema = newSchema();
    const open = (): PostgresSpendStore => new PostgresSpendStore(persistent, { schema });
    await open().migrate();
    // What a lost answer to `claim` has given is given again only later.
    const lossy = ['reserve', 'step', 'restore', 'usage'];
    const loseReply = (): void => {
      lossy.push(lossy.shift()!);
      proxy.loseAnswersTo(`"${schema}".${lossy[0]!}`);
    };
    await compareWithModel(
      () => Promise.resolve({ store: open(), pass: sleep, loseReply, crash: () => Promise.resolve(open()) }),
      { steps: 1_000 },
    );
    expect(proxy.lostAnswers).toBeGreaterThan(0);
    await behind.end();
    await proxy.stop();
  });

  it('lets exactly as many pass as fit, over processes, round after round', async () => {
    const settings = JSON.stringify({ url: server.url, schema: newSchema() });
    const replicas = Array.from({ length: 4 }, () =>
      fork('test/postgres/support/replica.mjs', [settings], { execArgv: [] }),
    );
    await Promise.all(replicas.map((one) => once(one, 'message')));
    // At the same time: one makes the schema, the others wait for it.
    await Promise.all(replicas.map((one) => tell(one, { name: 'migrate' })));
    for (let round = 0; round < 10; round += 1) {
      const admitted = await Promise.all(
        replicas.map((one) => tell(one, { name: 'reserve', round, times: 25 })),
      );
      expect(admitted.reduce((sum, count) => sum + count, 0)).toBe(50);
    }
    await Promise.all(replicas.map((one) => tell(one, { name: 'end' })));
    for (const one of replicas) one.kill();
  });

  it('loses nothing, and counts nothing twice, where the server crashes in the middle of 50 completions', async () => {
    const store = await opened(patient(pool));
    const subject = subjectOf('a1', 1_000);
    const holds = await Promise.all(
      Array.from({ length: 50 }, (_, index) => reserve(store, `h${index}`, subject)),
    );
    await Promise.all(holds.slice(0, 10).map((hold) => store.commit(ACCOUNT, hold, 7, entryOf(hold.id, 7))));
    // Some of these arrive before the crash, the others do not.
    const commits = holds.slice(10, 30).map((hold) => store.commit(ACCOUNT, hold, 7, entryOf(hold.id, 7)));
    const outcomes = Promise.allSettled(commits);
    await Promise.race(commits);
    await server.kill();
    await outcomes;
    await server.run();
    await store.attach(ACCOUNT, holds[49]!, 'gen-1', HOUR);
    const before = await amounts(store, subject);
    expect(before.reduce((sum, one) => sum + one, 0)).toBe(before[0]! + (50 - before[0]! / 7) * 10);
    for (const hold of holds) await store.commit(ACCOUNT, hold, 7, entryOf(hold.id, 7));
    await expect(amounts(store, subject)).resolves.toEqual([350, 0, 0]);
    const sums = await store.ledger.report(ACCOUNT, { from: 0, to: Date.now() + HOUR, groupBy: [] });
    expect(sums).toMatchObject([{ completions: 50, nanoUsd: 350n }]);
  });

  it('fails at once where a table is locked, says so, and leaves nothing behind', async () => {
    const store = await opened();
    const subject = subjectOf('secret-key-of-a-subject', 1_000);
    const hold = await reserve(store, 'secret-id', subject);
    const [, plain] = /SCHEMA IF NOT EXISTS (\S+);/.exec(store.schema())!;
    const blocker = await pool.connect();
    await blocker.query(`BEGIN; LOCK TABLE ${plain}.windows IN ACCESS EXCLUSIVE MODE`);
    const failures = await Promise.all([
      failureOf(reserve(store, 'another', subject)),
      failureOf(store.commit(ACCOUNT, hold, 7, entryOf('secret-id', 7))),
      failureOf(store.usage(ACCOUNT, [subject])),
    ]);
    for (const failure of failures) {
      expect(failure).toMatchObject({ name: 'OpenRouterSpendStoreException' });
      expect(failure.message).toMatch(/locked .*\(55P03\)/);
      expect(JSON.stringify(failure) + String(failure.stack)).not.toContain('secret');
    }
    await blocker.query('ROLLBACK');
    blocker.release();
    await expect(amounts(store, subject)).resolves.toEqual([0, 10, 0]);
    await expect(
      store.ledger.report(ACCOUNT, { from: 0, to: Date.now() + HOUR, groupBy: [] }),
    ).resolves.toEqual([]);
    expect((await reserve(store, 'another', subject)).id).toBe('another');
  });

  it('tells neither values nor the address where the server is away', async () => {
    const secret = new Pool({ connectionString: 'postgresql://user:the-password@127.0.0.1:1/private' });
    const store = new PostgresSpendStore(secret);
    const failure = await failureOf(reserve(store, 'secret-id', subjectOf('a1', 1)));
    expect(failure.message).toBe(
      'PostgresSpendStore: PostgreSQL has failed: the connection was refused (ECONNREFUSED).',
    );
    await secret.end();
  });

  it('works behind a pooler that gives each statement another connection, and leaves no state there', async () => {
    const clients = await Promise.all(Array.from({ length: 3 }, () => pool.connect()));
    let next = 0;
    const settings = async (): Promise<unknown> =>
      Promise.all(
        clients.map(
          async (one) => (await one.query(`SELECT name FROM pg_settings WHERE source = 'session'`)).rows,
        ),
      );
    const before = await settings();
    const store = await opened({
      query: (text, values) => {
        next += 1;
        return clients[next % clients.length]!.query(text, values);
      },
    });
    const subject = subjectOf('a1', 100);
    const hold = await reserve(store, 'one', subject);
    await store.attach(ACCOUNT, hold, 'gen-1', HOUR);
    await store.commit(ACCOUNT, hold, 7, entryOf('one', 7));
    await store.learn(ACCOUNT, 'model', 7);
    await expect(amounts(store, subject)).resolves.toEqual([7, 0, 0]);
    expect(await settings()).toEqual(before);
    const { rows } = await pool.query(`SELECT * FROM pg_locks WHERE locktype = 'advisory'`);
    expect(rows).toEqual([]);
    for (const one of clients) one.release();
  });

  it('counts what changes in the span before, also where transactions see the past', async () => {
    const past = new Pool({
      connectionString: server.url,
      options: '-c default_transaction_isolation=repeatable\\ read',
    });
    const store = await opened(patient(past));
    const [, schema] = /SCHEMA IF NOT EXISTS (\S+);/.exec(store.schema())!;
    const minute = Math.floor(Date.now() / 60_000);
    const span = (id: string, from: number, to: number) => ({
      id,
      from: (minute + from) * 60_000,
      to: (minute + to) * 60_000,
      keepUntil: null,
    });
    const subjectIn = (...spans: ReturnType<typeof span>[]): SpendSubject => ({
      root: 'c0ffee',
      key: 'a1',
      windows: [{ spans, slots: 2, limitNanoUsd: 100 }],
    });
    const subjects = [subjectIn(span('older', -110, -50), span('before', -50, 10))];
    await store.adjust(ACCOUNT, { id: 'one', nanoUsd: 50, subjects });
    const blocker = await pool.connect();
    await blocker.query(
      `BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(id || ' c0ffee a1 before', 0)) FROM ${schema}.accounts`,
    );
    const asked = store.reserve(
      ACCOUNT,
      requestOf('h', subjectIn(span('before', -70, -10), span('own', -10, 50))),
    );
    await until(async () => {
      const { rows } = await pool.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
      return rows.length > 0;
    });
    await blocker.query(`UPDATE ${schema}.windows SET settled[1] = 95 WHERE span = 'before'; COMMIT`);
    blocker.release();
    expect((await asked).status).toBe('refused');
    await past.end();
  });

  it('is exact also where transactions are serializable', async () => {
    const strict = new Pool({
      connectionString: server.url,
      options: '-c default_transaction_isolation=serializable',
    });
    const store = await opened(strict);
    await expect(store.check()).resolves.toEqual([
      expect.stringContaining('fsync'),
      expect.stringContaining('default_transaction_isolation'),
    ]);
    const attempt = async (id: string): Promise<string> => {
      for (;;) {
        try {
          return (await store.reserve(ACCOUNT, requestOf(id, subjectOf('a1', 100)))).status;
        } catch {
          // Others were in its way too often.
        }
      }
    };
    const statuses = await Promise.all(Array.from({ length: 20 }, (_, index) => attempt(`h${index}`)));
    expect(statuses.filter((status) => status === 'admitted')).toHaveLength(10);
    await strict.end();
  });
});

function requestOf(id: string, subject: SpendSubject) {
  return { id, nanoUsd: 10, leaseMs: HOUR, subjects: [subject], note: '' };
}

async function reserve(store: PostgresSpendStore, id: string, subject: SpendSubject): Promise<SpendHold> {
  const answer = await store.reserve(ACCOUNT, requestOf(id, subject));
  if (answer.status !== 'admitted') throw new Error(answer.status);
  return answer.hold;
}

async function amounts(store: PostgresSpendStore, subject: SpendSubject): Promise<readonly number[]> {
  const report = await store.usage(ACCOUNT, [subject]);
  const figures = report.status === 'done' ? report.figures[0]?.[0] : undefined;
  return [figures!.settledNanoUsd, figures!.heldNanoUsd, figures!.unsettledNanoUsd];
}

async function tell(child: ChildProcess, order: object): Promise<number> {
  const answered = once(child, 'message');
  child.send(order);
  const [message] = (await answered) as [{ result?: number; error?: string }];
  if (message.error !== undefined) throw new Error(message.error);
  return Number(message.result);
}
