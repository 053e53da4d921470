// Measures a report over a million rows of the ledger, on a PostgreSQL of its own: `npm run bench:ledger`. With
// DATABASE_URL, on that server, in a schema that is dropped afterwards. Prints the plan that the server has used.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenRouterClient } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';

const ROWS = 1_000_000;
const TENANTS = 200;
const DAYS = 30;
const ROUNDS = 5;
const BAR_MS = 2_000;
const SCHEMA = 'openrouter_spend_bench';
const RANGE = { from: '2026-09-01', to: '2026-10-01' };

const server = process.env.DATABASE_URL === undefined ? await startServer() : undefined;
const statements = [];
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL ?? server.url });
const database = {
  query: (text, values) => {
    statements.push({ text, values });
    return pool.query(text, values);
  },
};
try {
  await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  const store = new PostgresSpendStore(database, { schema: SCHEMA });
  await store.migrate();
  const client = new OpenRouterClient({ apiKey: 'sk-or-v1-bench', spendLimits: { rules: [], store } });
  // The first row makes the account.
  await client.metering.record({ usd: 0.01, scope: { tenant: 'first' } });
  while ((await pool.query(`SELECT 1 FROM ${SCHEMA}.completions`)).rows.length === 0);
  await pool.query(
    `INSERT INTO ${SCHEMA}.completions (account, id, scope, model, provider, prompt_tokens, completion_tokens, nano_usd,
      source, outcome, is_byok, is_stream, started_at, duration_ms, settled_at)
    SELECT 1, gen_random_uuid()::text, jsonb_build_object('tenant', 't' || n % ${TENANTS}, 'user', 'u' || n % 5000),
      'openai/gpt-5-mini', 'OpenAI', 1200, 300, 1234567 + n, 'answer', 'complete', false, true,
      timestamptz '${RANGE.from} 00:00:00+00' + n * interval '${DAYS} days' / ${ROWS}, 2500, clock_timestamp()
    FROM generate_series(0, ${ROWS - 1}) n`,
  );
  await pool.query(`VACUUM ANALYZE ${SCHEMA}.completions`);
  const times = [];
  let report;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    report = await client.metering.report({ ...RANGE, groupBy: ['tenant', 'day'] });
    times.push(performance.now() - startedAt);
  }
  const nano = (BigInt(ROWS) * 1_234_567n + (BigInt(ROWS) * BigInt(ROWS - 1)) / 2n).toString();
  const median = times.toSorted((one, other) => one - other)[Math.floor(ROUNDS / 2)];
  const { text, values } = statements.findLast(({ text: sent }) => sent.includes('GROUP BY'));
  const plan = await pool.query(`EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${text}`, values);
  console.log(`${ROWS} rows, by tenant and day: ${report.rows.length} groups`);
  console.log(
    `the sum is ${report.totalUsd === Number(nano) / 1e9 ? 'exact' : 'WRONG'}: ${report.totalUsd} USD`,
  );
  console.log(`median of ${ROUNDS}: ${Math.round(median)} ms (${times.map(Math.round).join(', ')})`);
  console.log(`bar: ${BAR_MS} ms, ${median <= BAR_MS ? 'met' : 'not met'}`);
  console.log(plan.rows.map((row) => row['QUERY PLAN']).join('\n'));
  await client.close();
  await pool.query(`DROP SCHEMA ${SCHEMA} CASCADE`);
} finally {
  await pool.end();
  await server?.stop();
}

/** Starts a server with its usual settings, in a folder that is removed with it. */
async function startServer() {
  const version = Math.max(...readdirSync('/usr/lib/postgresql').map(Number));
  const program = (name) => `/usr/lib/postgresql/${version}/bin/${name}`;
  const folder = mkdtempSync(join(tmpdir(), 'ledger-bench-'));
  const port = await freePort();
  // It refuses to be run by root.
  const idOf = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  const owner = process.getuid() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const made = spawnSync(program('initdb'), ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], {
    cwd: '/',
    encoding: 'utf8',
    ...owner,
  });
  if (made.status !== 0) throw new Error(made.stderr);
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`];
  const child = spawn(program('postgres'), ['-D', folder, ...settings.flatMap((each) => ['-c', each])], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    ...owner,
  });
  for await (const text of child.stderr.setEncoding('utf8')) {
    if (text.includes('ready to accept connections')) break;
  }
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      child.kill('SIGINT');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
