// Counts how often an account is asked for its balance, whatever the number of callers and processes.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';

const REPLICA = fileURLToPath(new globalThis.URL('replica.mjs', import.meta.url));
const CALLERS = 10_000;
const TTL_MS = 1_000;

/** With both, a reading asks for the limit of the other key as well. */
const KEYS = [
  ['a management key', 1],
  ['both keys', 2],
];

/** Rows of what was done, how often the account was asked, and how often at most it was to be asked. */
export async function countRequests(forMs, env) {
  const rows = [];
  for (const [keys, most] of KEYS) {
    const { all } = await ask({ keys, processes: 1, callers: CALLERS, forMs: 0, env });
    rows.push([`10 000 cold callers, 1 process, ${keys}`, all, most]);
  }
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    return rows;
  }
  for (const [keys, most] of KEYS) {
    const { all } = await ask({ keys, processes: 4, callers: CALLERS / 4, forMs: 0, env, redis: true });
    rows.push([`10 000 cold callers, 4 processes, Redis, ${keys}`, all, most]);
  }
  const keys = 'a management key';
  const { all, reads } = await ask({ keys, processes: 4, callers: 1, forMs, env, redis: true });
  // A reading is fresh for at least 0.9 of `ttlMs`; one more for the beginning.
  const most = Math.floor(forMs / (0.9 * TTL_MS)) + 1;
  rows.push([`${reads} reads within ${forMs / 1_000} s, 4 processes, Redis, \`ttlMs\` ${TTL_MS}`, all, most]);
  return rows;
}

async function ask({ keys, processes, callers, forMs, env, redis: withRedis = false }) {
  const sandbox = await OpenRouterSandbox.start();
  const redis = withRedis ? await startRedis() : undefined;
  const { apiKey, managementKey, baseUrl } = sandbox;
  const options = {
    managementKey,
    baseUrl,
    ...(keys === 'both keys' && { apiKey }),
    balance: { ttlMs: TTL_MS },
  };
  const settings = JSON.stringify({ options, redisPort: redis?.port });
  const replicas = Array.from({ length: processes }, () => fork(REPLICA, [settings], { execArgv: [], env }));
  await Promise.all(replicas.map((replica) => once(replica, 'message')));
  const counts = await Promise.all(
    replicas.map(async (replica) => {
      replica.send({ callers, forMs });
      const [{ reads }] = await once(replica, 'message');
      return reads;
    }),
  );
  const all = sandbox.requests.length;
  await Promise.all(
    replicas.map(async (replica) => {
      replica.disconnect();
      await once(replica, 'exit');
    }),
  );
  redis?.child.kill();
  await sandbox.stop();
  return { all, reads: counts.reduce((sum, count) => sum + count, 0) };
}

async function startRedis() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', tmpdir()];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const text of child.stdout.setEncoding('utf8')) {
    if (text.includes('Ready to accept connections')) break;
  }
  return { port, child };
}
