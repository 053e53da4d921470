import { afterEach, beforeEach, describe, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisSpendStore } from '../../lib/redis/index.js';
import { expectKeptBooks, KILL_ROUNDS } from '../spend-limits/support/kill/expect-kept-books.js';
import { RedisProtocol, SCRIPTS } from './support/redis-protocol.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

jest.setTimeout(240_000);

(HAS_REDIS ? describe : describe.skip)('processes that are killed between any two steps, on Redis', () => {
  let server: RedisServer;
  let redis: Redis;

  beforeEach(async () => {
    server = await RedisServer.start();
    redis = new Redis({ host: '127.0.0.1', port: server.port });
    // So that each command of the processes is sent once.
    await Promise.all(SCRIPTS.map(({ text }) => redis.script('LOAD', text)));
  });

  afterEach(async () => {
    redis.disconnect();
    await server.stop();
  });

  it.each(KILL_ROUNDS)(
    'leave what was billed, and what was held where nobody knows a generation (round %d)',
    async (round) => {
      const prefix = randomUUID();
      const store = {
        port: server.port,
        protocol: () => new RedisProtocol(),
        program: 'test/redis/support/spending-replica.mjs',
        place: (redisPort: number) => ({ redisPort, prefix }),
        store: new RedisSpendStore(redis, { prefix }),
      };
      await expectKeptBooks(store, round);
    },
  );
});
