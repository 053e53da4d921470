// Measures PostgresSpendStore on a PostgreSQL of its own, with fsync: `npm run build && node bench/postgres.mjs`. Not part
// of `npm run bench`: it needs PostgreSQL, and fills a table with a million rows. Bars are printed with "met" or "not met".
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';

const PORT = 54_329;
const CLIENTS = 16;
const SECONDS = 5;
const ROWS = 1_000_000;
const ACCOUNT = 'ab'.repeat(32);
const HOUR = 3_600_000;

const programs = `/usr/lib/postgresql/${Math.max(...readdirSync('/usr/lib/postgresql').map(Number))}/bin`;
const idOf = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
// PostgreSQL refuses to be run by root.
const owner = process.getuid() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
const folder = mkdtempSync(join(tmpdir(), 'postgres-bench-'));
if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
chmodSync(folder, 0o700);

spawnSync(`${programs}/initdb`, ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], {
  cwd: '/',
  ...owner,
});
const server = spawn(
  `${programs}/postgres`,
  ['-D', folder, '-p', String(PORT), '-k', folder, '-h', '127.0.0.1'],
  {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...owner,
  },
);
for await (const text of server.stderr.setEncoding('utf8')) {
  if (text.includes('ready to accept connections')) break;
}
const pool = new Pool({
  host: '127.0.0.1',
  port: PORT,
  user: 'postgres',
  database: 'postgres',
  max: CLIENTS,
});
// Connections that the server ends at the end.
pool.on('error', () => undefined);
try {
  await measure();
} finally {
  await pool.end();
  server.kill('SIGINT');
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

async function measure() {
  const store = new PostgresSpendStore(pool);
  await store.migrate();
  const { rows } = await pool.query(
    "SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync",
  );
  console.log(
    `PostgreSQL ${rows[0].version}, fsync ${rows[0].fsync}, ${availableParallelism()} cores, ${CLIENTS} clients`,
  );
  await pairs(store, 1, 1);
  report('one after the other, one tenant', await pairs(store, 1, SECONDS, 1));
  report('one hot row', await pairs(store, 1, SECONDS), 250);
  report('50 tenants', await pairs(store, 50, SECONDS), 900);
  await reports(store);
}

/** Reserves and commits, with a row for each, over so many tenants. */
async function pairs(store, tenants, seconds, clients = CLIENTS) {
  const until = performance.now() + seconds * 1_000;
  const waits = [];
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let number = client; performance.now() < until; number += 1) {
        const tenant = number % tenants;
        const id = randomUUID();
        const began = performance.now();
        const answer = await store.reserve(ACCOUNT, request(id, tenant));
        const reserved = performance.now();
        await store.commit(ACCOUNT, answer.hold, 900_000, entry(id, tenant));
        waits.push([reserved - began, performance.now() - reserved]);
      }
    }),
  );
  return {
    rate: waits.length / seconds,
    reserve: median(waits.map(([one]) => one)),
    commit: median(waits.map(([, one]) => one)),
  };
}

function request(id, tenant) {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  const windows = [{ spans, slots: 1, limitNanoUsd: 9e15 }];
  return {
    id,
    nanoUsd: 1e6,
    leaseMs: HOUR,
    note: '',
    subjects: [{ root: 'a0', key: tenant.toString(16), windows }],
  };
}

function entry(id, tenant) {
  const scope = { tenant: `tenant-${tenant}`, user: `user-${tenant % 7}` };
  const paid = { nanoUsd: 900_000, source: 'answer', outcome: 'complete', isByok: false, isStream: true };
  const what = { model: 'openai/gpt-5-mini', provider: 'OpenAI', promptTokens: 20, completionTokens: 30 };
  return { id, generationId: `gen-${id}`, scope, ...paid, ...what, startedAt: Date.now(), durationMs: 900 };
}

async function reports(store) {
  await pool.query('TRUNCATE openrouter_spend.completions');
  await pool.query(
    `INSERT INTO openrouter_spend.completions
    SELECT 1, 'id-' || n, 'gen-' || n, jsonb_build_object('tenant', 'tenant-' || n % 200, 'user', 'user-' || n % 5000),
      'openai/gpt-5-mini', 'OpenAI', 20, 30, 900000 + n % 1000, 'answer', 'complete', false, true,
      timestamptz '2026-11-01 00:00Z' + n * interval '2.5 seconds', 900, timestamptz '2026-11-01 00:00Z', NULL
    FROM generate_series(1, ${ROWS}) n`,
  );
  await pool.query('VACUUM ANALYZE openrouter_spend.completions');
  const query = { from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 1), groupBy: ['tenant', 'day'] };
  const waits = [];
  let groups = 0;
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    groups = (await store.ledger.report(ACCOUNT, query)).length;
    waits.push(performance.now() - began);
  }
  const bar = `bar 2000 ms, ${median(waits) < 2_000 ? 'met' : 'not met'}`;
  console.log(
    `report of ${ROWS} rows by tenant and day: ${groups} groups, ${median(waits).toFixed(0)} ms (${bar})`,
  );
  const began = performance.now();
  let after;
  let seen = 0;
  while (seen < 20_000) {
    const rows = await store.ledger.page(ACCOUNT, { ...query, limit: 1_000, after });
    seen += rows.length;
    after = rows.at(-1).cursor;
  }
  console.log(
    `page: ${((1e3 * seen) / (performance.now() - began)).toFixed(0)} rows/s, each seen for the first time`,
  );
}

function report(name, { rate, reserve, commit }, bar) {
  const met = bar === undefined ? '' : ` (bar ${bar}/s, ${rate >= bar ? 'met' : 'not met'})`;
  const waits = `p50 reserve ${reserve.toFixed(1)} ms, commit ${commit.toFixed(1)} ms`;
  console.log(`reserve + commit, ${name}: ${rate.toFixed(0)}/s${met}, ${waits}`);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
