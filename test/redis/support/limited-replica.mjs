// One replica of an application under spend limits, in a process of its own, on the built package.
import { Redis } from 'ioredis';
import { OpenRouterClient } from 'nestjs-openrouter';
import { RedisSpendStore } from 'nestjs-openrouter/redis';
import { obey, request } from '../../support/replica-program.mjs';

const { redisPort, options, prefix } = JSON.parse(process.argv[2]);
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
redis.on('error', () => undefined);
const client = new OpenRouterClient({
  ...options,
  spendLimits: { ...options.spendLimits, store: new RedisSpendStore(redis, { prefix }) },
});
let answered = 0;
const fetch = client.metering.fetchFor({ tenant: 'acme' });

async function complete(stream) {
  const answer = await request(fetch, options, stream);
  answered += 1;
  await answer.text();
  return answer.status;
}

const ORDERS = {
  /** Sends so many completions at once, and waits for their answers. */
  complete: ({ times, stream }) => Promise.all(Array.from({ length: times }, () => complete(stream))),
  /** How many answers have begun. What was told to Redis until then has arrived there. */
  answered: async () => {
    const count = answered;
    await redis.ping();
    return count;
  },
  today: () => Promise.resolve(new Date().toISOString().slice(0, 10)),
  usage: async () => {
    const [usage] = await client.spendLimits.usage({ tenant: 'acme' });
    return usage;
  },
  end: async () => {
    await client.close();
    redis.disconnect();
    process.disconnect();
  },
};

await redis.ping();
obey(ORDERS);
