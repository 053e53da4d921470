import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { type ExportedCost, type MeteringReport, OpenRouterClient } from '../../lib/index.js';
import { PostgresSpendStore } from '../../lib/postgres/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { askedAgain, sentAgain } from '../spend-limits/support/asked-again.js';
import { NOON_ZONE } from '../spend-limits/support/noon-zone.js';
import { Replica } from '../support/replica.js';
import { until } from '../support/waiting.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Programs and databases take their time to start on a busy machine.
jest.setTimeout(120_000);

const RULES = [{ by: 'tenant', usd: 100, period: 'day' as const, timeZone: NOON_ZONE }];
const ALL_TIME = { from: '2020-01-01', to: '2100-01-01' };

let sandbox: OpenRouterSandbox;
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start({ completionCost: 0.100_000_003 });
  closers.push(() => sandbox.stop());
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

async function startReplica(place: object): Promise<Replica> {
  const { apiKey, baseUrl } = sandbox;
  const spendLimits = { rules: RULES, leaseMs: 1_000, holdUsd: 0.2 };
  const settings = { ...place, options: { apiKey, baseUrl, spendLimits } };
  const replica = new Replica('test/postgres/support/ledger-replica.mjs', settings);
  closers.push(() => replica.end());
  await replica.ready();
  return replica;
}

const nano = (usd: number): number => Math.round(usd * 1e9);
const billed = (): number => sandbox.charges.reduce((sum, { usd }) => sum + nano(usd), 0);

type Row = Pick<ExportedCost, 'id' | 'nanoUsd' | 'isFinal'>;

const sumOf = (rows: readonly Row[]): number => rows.reduce((sum, { nanoUsd }) => sum + nanoUsd!, 0);

/** Kills a process in the middle of its streams, starts another one in the same place, and looks at what it reports. */
async function killedAndRestarted(place: object): Promise<void> {
  const killed = await startReplica(place);
  await killed.tell('complete', { times: 3 });
  sandbox.onCompletion(() => ({ chunks: 500, chunkDelayMs: 20 }));
  void killed.tell('complete', { times: 6 }).catch(() => undefined);
  await until(async () => (await killed.tell<number>('attached')) >= 9, 30_000);
  const under = await killed.tell<MeteringReport>('report');
  expect(under.totalUnsettledUsd).toBe(1.2);
  await killed.kill();
  const restarted = await startReplica(place);
  const reported = () => askedAgain(() => restarted.tell<MeteringReport>('report'));
  await until(async () => (await reported()).totalUnsettledUsd === 0, 30_000);
  const { rows, totalUsd } = await reported();
  expect(sandbox.charges).toHaveLength(9);
  expect(nano(totalUsd)).toBe(billed());
  expect(rows.map(({ key, completions }) => [key['tenant'], completions])).toEqual([
    ['t0', 3],
    ['t1', 3],
    ['t2', 3],
  ]);
  const entries = await restarted.tell<Row[]>('exported');
  expect(new Set(entries.map(({ id }) => id)).size).toBe(9);
  expect(entries.every(({ isFinal }) => isFinal)).toBe(true);
  expect(sumOf(entries)).toBe(billed());
}

describe('a process that is killed in the middle of its streams', () => {
  it('has a right report after its restart, in a folder of PGlite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    await killedAndRestarted({ folder });
  });
});

(HAS_POSTGRES ? describe : describe.skip)('on a PostgreSQL server', () => {
  let server: PostgresServer;

  beforeEach(async () => {
    server = await PostgresServer.start();
    closers.push(() => server.stop());
  });

  it('a process that is killed in the middle of its streams has a right report after its restart', () =>
    killedAndRestarted({ url: server.url }));

  it('nothing is lost and nothing is twice if the server restarts in the middle of 50 streams', async () => {
    const pool = new Pool({ connectionString: server.url, max: 10 });
    pool.on('error', () => undefined);
    closers.push(() => pool.end());
    const store = new PostgresSpendStore(pool);
    await store.migrate();
    const { apiKey, baseUrl } = sandbox;
    const client = new OpenRouterClient({
      apiKey,
      baseUrl,
      spendLimits: { rules: RULES, store, holdUsd: 0.2 },
    });
    closers.push(() => client.close());
    sandbox.onCompletion(() => ({ chunks: 20, chunkDelayMs: 25 }));
    let begun = 0;
    const stream = async (tenant: string): Promise<Response> => {
      const answer = await client.metering.fetchFor({ tenant })(`${baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
      });
      begun += Number(answer.status !== 402);
      return answer;
    };
    const streams = Array.from({ length: 50 }, (_, index) => sentAgain(() => stream(`t${index % 5}`)));
    await until(() => Promise.resolve(begun === 50), 60_000);
    await server.kill();
    await Promise.all(streams);
    await server.run();
    const report = () => askedAgain(() => client.metering.report({ ...ALL_TIME, groupBy: 'tenant' }));
    await until(async () => {
      const { rows } = await report();
      return rows.reduce((sum, { completions }) => sum + completions, 0) === 50;
    }, 60_000);
    expect(sandbox.charges).toHaveLength(50);
    const { rows, totalUsd, totalUnsettledUsd } = await report();
    expect(nano(totalUsd)).toBe(billed());
    expect(totalUnsettledUsd).toBe(0);
    expect(rows.map(({ completions }) => completions)).toEqual([10, 10, 10, 10, 10]);
    const [usage] = await askedAgain(() => client.spendLimits.usage({ tenant: 't0' }));
    expect(usage).toMatchObject({ spentUsd: 1.000_000_03, heldUsd: 0, unsettledUsd: 0 });
    const entries: ExportedCost[] = [];
    for await (const entry of client.metering.exportCosts()) entries.push(entry);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(50);
    expect(sumOf(entries)).toBe(billed());
  });
});
