// Round after round, 100 reservations of $0.10 at once under a limit of $5: exactly 50 of them must be admitted, by the store
// in memory, by Redis, and by a Redis Cluster of three nodes. `ROUNDS` is their number for each store.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { InMemorySpendStore } from 'nestjs-openrouter';
import { RedisSpendStore } from 'nestjs-openrouter/redis';
import { startRedis } from '../bench/redis.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 1_000);
const CALLS = 100;
const ADMITTED = 50;
const HELD_NANO_USD = 100_000_000;
const LIMIT_NANO_USD = 5_000_000_000;
const ACCOUNT = 'ab'.repeat(32);
const NODES = 3;
const SLOTS = 16_384;
const LEASE_MS = 3_600_000;

const folder = mkdtempSync(join(tmpdir(), 'spend-rounds-'));
const servers = [];
const clients = [];
let isBroken = false;

try {
  await run('in memory', () => new InMemorySpendStore());
  const single = await start();
  const redis = keep(new Redis({ host: '127.0.0.1', port: single.port }));
  await run('Redis', () => new RedisSpendStore(redis, { prefix: randomUUID() }));
  const ports = await startCluster();
  const cluster = keep(new Cluster(ports.map((port) => ({ host: '127.0.0.1', port }))));
  await run('Redis Cluster', () => new RedisSpendStore(cluster, { prefix: randomUUID() }));
} finally {
  for (const client of clients) client.disconnect();
  for (const { child } of servers) {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = isBroken ? 1 : 0;

/** Every round has a tenant of its own, and a root of its own; the last subject is everything that is spent. */
async function run(name, open) {
  const startedAt = performance.now();
  const store = open();
  const wrong = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const root = round.toString(16).padStart(4, '0');
    const subjects = [subjectOf(root, 'a1', LIMIT_NANO_USD), subjectOf('e0', 'e0', null)];
    const answers = await Promise.all(
      Array.from({ length: CALLS }, (_, index) =>
        store.reserve(ACCOUNT, {
          id: `${round}-${index}`,
          nanoUsd: HELD_NANO_USD,
          leaseMs: LEASE_MS,
          subjects,
          note: '',
        }),
      ),
    );
    const admitted = answers.filter(({ status }) => status === 'admitted');
    if (admitted.length !== ADMITTED) wrong.push(`round ${round}: ${admitted.length} admitted`);
    await Promise.all(admitted.map(({ hold }) => store.commit(ACCOUNT, hold, HELD_NANO_USD)));
    const { figures } = await store.usage(ACCOUNT, subjects);
    const [[tenant], [everything]] = figures;
    if (tenant.settledNanoUsd !== LIMIT_NANO_USD || tenant.heldNanoUsd !== 0) {
      wrong.push(`round ${round}: ${JSON.stringify(tenant)}`);
    }
    if (everything.settledNanoUsd !== (round + 1) * LIMIT_NANO_USD || everything.heldNanoUsd !== 0) {
      wrong.push(`round ${round}: ${JSON.stringify(everything)}`);
    }
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(`${name}: ${ROUNDS} rounds of ${CALLS} reservations in ${seconds} s, ${wrong.length} wrong`);
  for (const line of wrong.slice(0, 10)) console.error(line);
  isBroken ||= wrong.length > 0;
}

function subjectOf(root, key, limitNanoUsd) {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  return { root, key, windows: [{ spans, slots: 1, limitNanoUsd }] };
}

async function start(...settings) {
  const server = await startRedis(...settings);
  servers.push(server);
  return server;
}

function keep(client) {
  clients.push(client);
  return client;
}

/** @returns The ports of the nodes, each with its share of the slots. */
async function startCluster() {
  const nodes = [];
  for (let index = 0; index < NODES; index += 1) {
    const file = join(folder, `node-${index}.conf`);
    nodes.push(await start('--cluster-enabled', 'yes', '--cluster-config-file', file));
  }
  const ports = nodes.map(({ port }) => port);
  const links = ports.map((port) => keep(new Redis({ host: '127.0.0.1', port })));
  const share = Math.ceil(SLOTS / NODES);
  for (const [index, link] of links.entries()) {
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await link.call('CLUSTER', 'ADDSLOTSRANGE', index * share, last);
    await link.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  for (const port of ports.slice(1)) await links[0].call('CLUSTER', 'MEET', '127.0.0.1', port);
  const isReady = (info) =>
    info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${NODES}`);
  while (!(await Promise.all(links.map((link) => link.cluster('INFO')))).every(isReady)) await sleep(10);
  return ports;
}
