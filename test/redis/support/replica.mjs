// One replica of an application, in a process of its own, on the built package. Does what it is told by messages.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { OpenRouterClient } from 'nestjs-openrouter';
import { RedisBalanceStore } from 'nestjs-openrouter/redis';
import { obey } from '../../support/replica-program.mjs';

const { redisPort, options } = JSON.parse(process.argv[2]);
const redis = new Redis({ host: '127.0.0.1', port: redisPort, retryStrategy: () => 50 });
redis.on('error', () => undefined);
const client = new OpenRouterClient({
  ...options,
  balance: { ...options.balance, store: new RedisBalanceStore(redis) },
});
const { balance } = client;
const alerts = [];

const ORDERS = {
  /** Asks for the balance so many times at once. */
  get: async ({ times }) => {
    const balances = await Promise.all(Array.from({ length: times }, () => balance.get()));
    return { count: balances.length, spendable: [...new Set(balances.map(({ spendable }) => spendable))] };
  },
  /** Asks for it again and again for so long. */
  read: async ({ forMs }) => {
    let count = 0;
    for (const end = performance.now() + forMs; performance.now() < end; count += 1) {
      await balance.get();
      // Only a turn of the event loop lets timers and answers in, and only a pause leaves a core to Redis.
      if (count % 1_000 === 0) await sleep(5);
    }
    return { count };
  },
  spend: async ({ usd, keyHash }) => balance.recordSpend(usd, keyHash && { keyHash }),
  peek: async () => balance.peek()?.spendable,
  listen: async () => {
    balance.alerts$.subscribe(({ type }) => alerts.push(type));
  },
  alerts: async () => alerts,
  /** Spends, and ends its connections at once. */
  spendAndEnd: async ({ usd }) => {
    balance.recordSpend(usd);
    await client.close();
    redis.disconnect();
  },
  end: async () => {
    await client.close();
    redis.disconnect();
    process.disconnect();
  },
};

await redis.ping();
obey(ORDERS);
