// Measures PostgresSpendStore on a PostgreSQL of its own: reservations with their bills and their rows, what a completion
// waits for them, and a report over many rows.
import { randomUUID } from 'node:crypto';
import { OpenRouterClient } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';
import { completionOf, THREE_RULES } from './chat-completion.mjs';
import { startPostgres } from './postgres-server.mjs';
import { API_KEY, median, report } from './shared.mjs';

const [baseUrl, ...counts] = process.argv.slice(2);
const [seconds, completions, rowCount] = counts.map(Number);
const TOGETHER = 16;
const TENANTS = 50;
const ACCOUNT = 'ab'.repeat(32);
const HOUR_MS = 3_600_000;
const RANGE = { from: '2026-09-01', to: '2026-10-01' };
const DAYS = 30;
const REPORTS = 5;

const server = await startPostgres();
const pool = new pg.Pool({ connectionString: server.url, max: TOGETHER });
// Connections that the server ends when it stops.
pool.on('error', () => undefined);
const statements = [];
const database = {
  query: (text, values) => {
    if (text.includes('GROUP BY')) statements.push({ text, values });
    return pool.query(text, values);
  },
};
const store = new PostgresSpendStore(database);
await store.migrate();

/** Reserves and commits, with a row for each, over so many tenants. Returns how many a second. */
async function pairsPerSecond(tenants, forSeconds = seconds) {
  const until = performance.now() + forSeconds * 1_000;
  let pairs = 0;
  await Promise.all(
    Array.from({ length: TOGETHER }, async (_, client) => {
      for (let number = client; performance.now() < until; number += 1) {
        const id = randomUUID();
        const { hold } = await store.reserve(ACCOUNT, requestOf(id, number % tenants));
        await store.commit(ACCOUNT, hold, 900_000, entryOf(id, number % tenants));
        pairs += 1;
      }
    }),
  );
  return pairs / forSeconds;
}

function requestOf(id, tenant) {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  const windows = [{ spans, slots: 1, limitNanoUsd: 9e15 }];
  const subjects = [{ root: 'a0', key: tenant.toString(16), windows }];
  return { id, nanoUsd: 1e6, leaseMs: HOUR_MS, note: '', subjects };
}

function entryOf(id, tenant) {
  const scope = { tenant: `tenant-${tenant}`, user: `user-${tenant % 7}` };
  const paid = { nanoUsd: 900_000, source: 'answer', outcome: 'complete', isByok: false, isStream: true };
  const what = { model: 'openai/gpt-5-mini', provider: 'OpenAI', promptTokens: 20, completionTokens: 30 };
  return { id, generationId: `gen-${id}`, scope, ...paid, ...what, startedAt: Date.now(), durationMs: 900 };
}

/** By how much a completion is later with three rules: the median, in milliseconds. */
async function laterMs() {
  const accounts = [{ rules: THREE_RULES, store, learnHolds: false }, undefined].map(
    (spendLimits) => new OpenRouterClient({ apiKey: API_KEY, baseUrl, ...(spendLimits && { spendLimits }) }),
  );
  const calls = accounts.map((account) => completionOf(account, baseUrl, 'acme', 200));
  const times = calls.map(() => []);
  const warmUp = completions / 2;
  for (let number = -warmUp; number < completions; number += 1) {
    for (const [index, call] of calls.entries()) {
      const startedAt = performance.now();
      await call();
      if (number >= 0) times[index].push(performance.now() - startedAt);
    }
  }
  for (const account of accounts) await account.close();
  return median(times[0]) - median(times[1]);
}

/** A report by tenant and day over so many rows: how long it takes, whether it is exact, and the plan of the database. */
async function reportOfMany() {
  await pool.query('TRUNCATE openrouter_spend.completions');
  const client = new OpenRouterClient({ apiKey: API_KEY, baseUrl, spendLimits: { rules: [], store } });
  const { id } = await client.metering.record({ usd: 0.01, scope: { tenant: 'first' } });
  await client.metering.settled();
  await pool.query(
    `INSERT INTO openrouter_spend.completions (account, id, scope, model, provider, prompt_tokens, completion_tokens,
      nano_usd, source, outcome, is_byok, is_stream, started_at, duration_ms, settled_at)
    SELECT account, gen_random_uuid()::text, jsonb_build_object('tenant', 't' || n % 200, 'user', 'u' || n % 5000),
      'openai/gpt-5-mini', 'OpenAI', 1200, 300, 1234567 + n, 'answer', 'complete', false, true,
      timestamptz '${RANGE.from} 00:00:00+00' + n * interval '${DAYS} days' / ${rowCount}, 2500, clock_timestamp()
    FROM openrouter_spend.completions, generate_series(0, ${rowCount - 1}) n WHERE id = $1`,
    [id],
  );
  await pool.query('VACUUM ANALYZE openrouter_spend.completions');
  const times = [];
  let found;
  for (let round = 0; round < REPORTS; round += 1) {
    const startedAt = performance.now();
    found = await client.metering.report({ ...RANGE, groupBy: ['tenant', 'day'] });
    times.push(performance.now() - startedAt);
  }
  const nanoUsd = BigInt(rowCount) * 1_234_567n + (BigInt(rowCount) * BigInt(rowCount - 1)) / 2n;
  if (found.totalUsd !== Number(nanoUsd) / 1e9) throw new Error(`the report is wrong: ${found.totalUsd}`);
  const { text, values } = statements.at(-1);
  const plan = await pool.query(`EXPLAIN (ANALYZE, COSTS OFF) ${text}`, values);
  await client.close();
  return {
    ms: median(times),
    groups: found.rows.length,
    plan: plan.rows.map((row) => row['QUERY PLAN']),
  };
}

const { rows } = await pool.query(
  "SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync",
);
await pairsPerSecond(TENANTS, 1);
const result = {
  ...rows[0],
  hotRow: await pairsPerSecond(1),
  tenants: await pairsPerSecond(TENANTS),
  laterMs: await laterMs(),
  report: await reportOfMany(),
};
await pool.end();
await server.stop();
report(result);
