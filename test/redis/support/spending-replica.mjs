// One replica of an application under spend limits that sends the completions it is told, on the built package.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { OpenRouterClient } from 'nestjs-openrouter';
import { RedisSpendStore } from 'nestjs-openrouter/redis';

const { redisPort, options, prefix } = JSON.parse(process.argv[2]);
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
redis.on('error', () => undefined);
const client = new OpenRouterClient({
  ...options,
  spendLimits: { ...options.spendLimits, store: new RedisSpendStore(redis, { prefix }) },
});

/** @returns the status of the answer, or 0 without one. */
async function complete({ scope, holdUsd, body }) {
  const fetch = client.metering.fetchFor(scope, { holdUsd });
  try {
    const answer = await fetch(`${options.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${options.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai/gpt-5-mini',
        messages: [{ role: 'user', content: 'Hi' }],
        ...body,
      }),
    });
    const text = await answer.text();
    return { status: answer.status, isStoreAway: text.includes('application_spend_store') };
  } catch {
    return { status: 0, isStoreAway: false };
  }
}

/** On a busy machine, a store that is well may be too slow. */
async function completeAnyway(call) {
  for (;;) {
    const { status, isStoreAway } = await complete(call);
    if (!isStoreAway) return status;
    await sleep(500);
  }
}

process.once('message', async (calls) => {
  // The first ones are of all kinds, and none of them is to be refused.
  const first = calls.splice(0, 7).map(completeAnyway);
  await sleep(300);
  const statuses = await Promise.all([...first, ...calls.map(completeAnyway)]);
  await client.metering.settled();
  await client.close();
  redis.disconnect();
  process.send(statuses, () => process.disconnect());
});
await redis.ping();
process.send('ready');
