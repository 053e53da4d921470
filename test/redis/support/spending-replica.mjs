// One replica of an application under spend limits that sends the completions it is told, on the built package.
import { Redis } from 'ioredis';
import { RedisSpendStore } from 'nestjs-openrouter/redis';
import { runSpending } from '../../support/spending-program.mjs';

const { redisPort, options, prefix } = JSON.parse(process.argv[2]);
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
redis.on('error', () => undefined);
await redis.ping();
runSpending(options, new RedisSpendStore(redis, { prefix }), () => redis.disconnect());
