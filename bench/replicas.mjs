// Counts the requests for an account's balance, for different numbers of callers and processes.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { startRedis } from './redis.mjs';
import { grouped } from './shared.mjs';

const REPLICA = fileURLToPath(new globalThis.URL('replica.mjs', import.meta.url));
const CALLERS = 10_000;
const TTL_MS = 1_000;
/** A reading is fresh for at least this long. */
const FRESH_MS = 0.9 * TTL_MS;
/**
 * Two readings for one window would be a few milliseconds apart. The bound is below 0.9 of `ttlMs`, because a machine
 * whose cores are all busy sees requests late.
 */
const MIN_GAP_MS = TTL_MS / 2;
const ROUTES = ['/credits', '/key'];

/** With both keys, a reading also requests the limit of the other key. */
const KEYS = [
  ['a management key', '1 + 0'],
  ['both keys', '1 + 1'],
];

/** @returns Rows of what was done, how many requests there were, and how many there should be. */
export async function countRequests(forMs, env) {
  const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
  const rows = [];
  for (const processes of [1, 4]) {
    const redis = processes > 1;
    for (const [keys, bar] of KEYS) {
      const what = `${grouped(CALLERS)} cold callers, ${processes === 1 ? '1 process' : '4 processes, Redis'}, ${keys}`;
      if (redis && !hasRedis) {
        rows.push(notMeasured(what));
        continue;
      }
      const { asked } = await ask({ keys, processes, callers: CALLERS / processes, forMs: 0, env, redis });
      const figure = asked.map(({ length }) => length).join(' + ');
      rows.push({ what, figure, bar, isMet: figure === bar });
    }
  }
  return [...rows, ...(await readAtFullSpeed(forMs, env, hasRedis))];
}

async function readAtFullSpeed(forMs, env, hasRedis) {
  const what = `reads for ${forMs / 1_000} s, 4 processes, Redis, \`ttlMs\` ${grouped(TTL_MS)}`;
  if (!hasRedis) {
    return [notMeasured(what)];
  }
  const { asked, reads } = await ask({
    keys: 'a management key',
    processes: 4,
    callers: 1,
    forMs,
    env,
    redis: true,
  });
  const [credits, key] = asked;
  // One more for the first reading.
  const most = Math.floor(forMs / FRESH_MS) + 1;
  const shortest = Math.min(...credits.slice(1).map((at, index) => at - credits[index]));
  return [
    {
      what: `${grouped(reads)} ${what}`,
      figure: `${credits.length} + ${key.length}`,
      bar: `≤ ${most} + 0`,
      isMet: credits.length <= most && key.length === 0,
    },
    {
      what: 'shortest time between two of these requests (ms)',
      figure: String(shortest),
      bar: `≥ ${MIN_GAP_MS}`,
      isMet: shortest >= MIN_GAP_MS,
    },
  ];
}

function notMeasured(what) {
  return { what, figure: 'not measured: no redis-server' };
}

/** @returns The times of the requests by route, and the number of reads that were answered. */
async function ask({ keys, processes, callers, forMs, env, redis: withRedis }) {
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
  try {
    await Promise.all(replicas.map(messageOf));
    const counts = await Promise.all(
      replicas.map((replica) => {
        replica.send({ callers, forMs });
        return messageOf(replica);
      }),
    );
    const asked = ROUTES.map((route) =>
      sandbox.requests
        .filter(({ path }) => path.endsWith(route))
        .map(({ receivedAt }) => receivedAt.getTime()),
    );
    if (asked.flat().length !== sandbox.requests.length) {
      throw new Error('the account was asked for something else');
    }
    return { asked, reads: counts.reduce((sum, { reads }) => sum + reads, 0) };
  } finally {
    await Promise.all(replicas.map(ended));
    redis?.child.kill();
    await sandbox.stop();
  }
}

/** Waits for the next message of a process, or for its end without one. */
async function messageOf(replica) {
  const [message] = await Promise.race([
    once(replica, 'message'),
    once(replica, 'exit').then(([code]) => {
      throw new Error(`a replica ended with ${code}`);
    }),
  ]);
  return message;
}

async function ended(replica) {
  if (replica.exitCode === null && replica.signalCode === null) {
    const exit = once(replica, 'exit');
    replica.disconnect();
    await exit;
  }
}
