// A Nest application under spend limits on Redis, on the built package.
import { Redis } from 'ioredis';
import { RedisSpendStore } from 'nestjs-openrouter/redis';
import { runApplication } from '../../support/nest-replica-program.mjs';

const { redisPort, options, prefix } = JSON.parse(process.argv[2]);
const redis = new Redis({ host: '127.0.0.1', port: redisPort });
redis.on('error', () => undefined);
await redis.ping();
await runApplication(options, new RedisSpendStore(redis, { prefix }));
