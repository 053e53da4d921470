// One process of an application that reads its balance: forked by replicas.mjs, which tells it when to read.
import process from 'node:process';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { OpenRouterClient } from 'nestjs-openrouter';

const { options, redisPort } = JSON.parse(process.argv[2]);
const redis = redisPort === undefined ? undefined : await openRedis();
const client = new OpenRouterClient({
  ...options,
  balance: { ...options.balance, ...(redis !== undefined && { store: redis.store }) },
});

process.on('message', async ({ callers, forMs }) => {
  await Promise.all(Array.from({ length: callers }, () => client.balance.get()));
  let reads = callers;
  for (const end = performance.now() + forMs; performance.now() < end; reads += 1) {
    await client.balance.get();
    if (reads % 1_000 === 0) await setImmediate();
  }
  process.send({ reads });
});
process.on('disconnect', async () => {
  await client.close();
  redis?.connection.disconnect();
});
process.send('ready');

async function openRedis() {
  const [{ Redis }, { RedisBalanceStore }] = await Promise.all([
    import('ioredis'),
    import('nestjs-openrouter/redis'),
  ]);
  const connection = new Redis({ host: '127.0.0.1', port: redisPort });
  await connection.ping();
  return { connection, store: new RedisBalanceStore(connection) };
}
