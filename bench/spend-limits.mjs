// Measures what spend limits on Redis cost: a reservation with its bill beside two calls of `rate-limiter-flexible` on the
// same Redis, in turns in one process, so that both meet the same machine; and what a completion waits for them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Redis } from 'ioredis';
import { InMemorySpendStore, OpenRouterClient } from 'nestjs-openrouter';
import { RedisSpendStore } from 'nestjs-openrouter/redis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { completionOf, THREE_RULES } from './chat-completion.mjs';
import { startRedis } from './redis.mjs';
import { API_KEY, median, report } from './shared.mjs';

const [baseUrl, ...counts] = process.argv.slice(2);
const [turns, pairsPerTurn, pairsTogether, answersPerTurn, subjectCount] = counts.map(Number);
const TOGETHER = 64;
const ACCOUNT = 'ab'.repeat(32);
const ROOT = 'c0ffee'.repeat(5);
const DAY_MS = 86_400_000;
const LEASE_MS = 120_000;
const NOTE = JSON.stringify({ scope: { tenant: 'acme', user: 'u7' }, model: 'openai/gpt-5-mini' });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const server = await startRedis();
const redis = new Redis({ host: '127.0.0.1', port: server.port });
const store = new RedisSpendStore(redis);
const limiter = new RateLimiterRedis({ storeClient: redis, points: 1e15, duration: DAY_MS / 1_000 });
let lastId = 0;

/** The previous, the present and the next span of a length. */
function windowOf(name, days) {
  const length = days * DAY_MS;
  const start = Math.floor(Date.now() / length) * length;
  const spans = [-1, 0, 1].map((number) => {
    const [from, to] = [start + number * length, start + (number + 1) * length];
    return { id: `${name}@UTC:${from}`, from, to, keepUntil: to + 8 * DAY_MS };
  });
  return { spans, slots: 1, limitNanoUsd: 9e15 };
}

const tenant = { root: ROOT, key: ROOT, windows: [windowOf('day', 1)] };
const threeRules = [
  { root: ROOT, key: ROOT.slice(2), windows: [windowOf('day', 1)] },
  { root: ROOT, key: ROOT, windows: [windowOf('month', 30)] },
  { root: 'e0', key: 'e0', windows: [windowOf('day', 1)] },
];

async function settle(asked, subjects) {
  lastId += 1;
  const id = `f6f1f3f0-0000-4000-8000-${String(lastId).padStart(12, '0')}`;
  const request = { id, nanoUsd: 1_000, leaseMs: LEASE_MS, note: NOTE, subjects };
  const { status, hold } = await asked.reserve(ACCOUNT, request);
  if (status !== 'admitted') throw new Error(status);
  await asked.commit(ACCOUNT, hold, 900);
}

async function consumeTwice() {
  await limiter.consume('acme', 1);
  await limiter.consume('acme', 1);
}

/** The CPU that Redis has used, in microseconds. */
async function redisCpu() {
  const info = await redis.info('cpu');
  return ['user', 'sys'].reduce((sum, kind) => {
    const [, seconds] = new RegExp(`^used_cpu_${kind}:([\\d.]+)`, 'm').exec(info);
    return sum + 1e6 * Number(seconds);
  }, 0);
}

async function measured(call, count) {
  const [cpuBefore, redisBefore] = [process.cpuUsage(), await redisCpu()];
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    cpu: (user + system) / count,
    redisCpu: ((await redisCpu()) - redisBefore) / count,
    ms: median(times),
  };
}

/** Calls each of them in turns. The first turns are the warm-up. */
async function compare(calls, count) {
  const found = Object.fromEntries(Object.keys(calls).map((name) => [name, []]));
  for (let turn = -4; turn < turns; turn += 1) {
    const entries = Object.entries(calls);
    for (const [name, call] of turn % 2 === 0 ? entries : entries.toReversed()) {
      const result = await measured(call, count);
      if (turn >= 0) found[name].push(result);
    }
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, results]) => [
      name,
      Object.fromEntries(
        ['cpu', 'redisCpu', 'ms'].map((measure) => [measure, median(results.map((one) => one[measure]))]),
      ),
    ]),
  );
}

async function pairsPerSecond() {
  let left = pairsTogether;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      while (left-- > 0) await settle(store, threeRules);
    }),
  );
  return (1_000 * pairsTogether) / (performance.now() - startedAt);
}

function openAccount(spendLimits) {
  return new OpenRouterClient({ apiKey: API_KEY, baseUrl, ...(spendLimits && { spendLimits }) });
}

/** The memory of so many subjects, each with one completion of the last 24 hours, in bytes a subject. */
async function memoryOf(asked, used) {
  const before = await used();
  let next = 0;
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      while (next < subjectCount) {
        next += 1;
        await settle(asked, [{ ...tenant, key: (0xc0ffee00000 + next).toString(16).padStart(32, '0') }]);
      }
    }),
  );
  return ((await used()) - before) / subjectCount;
}

async function redisMemory() {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))[1]);
}

function heap() {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const beside = await compare({ store: () => settle(store, [tenant]), limiter: consumeTwice }, pairsPerTurn);
const together = [];
for (let turn = 0; turn < 3; turn += 1) together.push(await pairsPerSecond());

const accounts = [openAccount({ rules: THREE_RULES, store, learnHolds: false }), openAccount()];
const completions = await compare(
  {
    limited: completionOf(accounts[0], baseUrl, 'acme', 200),
    free: completionOf(accounts[1], baseUrl, 'acme', 200),
    refused: completionOf(accounts[0], baseUrl, 'none', 402),
  },
  answersPerTurn,
);
for (const account of accounts) await account.close();

const memory = {
  redis: await memoryOf(store, redisMemory),
  process: await memoryOf(new InMemorySpendStore(), heap),
};
redis.disconnect();
server.child.kill();
report({ beside, perSecond: median(together), completions, memory });
