import { describe, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisSpendStore } from '../../lib/redis/redis-spend-store.js';
import { expectTwoDays } from '../spend-limits/support/end-of-day.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

jest.setTimeout(90_000);

(HAS_REDIS ? describe : describe.skip)('on Redis', () => {
  it('a day that ends in the middle of streams has its own bills, and the next one has its whole limit', async () => {
    const server = await RedisServer.start();
    const redis = new Redis({ host: '127.0.0.1', port: server.port });
    try {
      await expectTwoDays(new RedisSpendStore(redis));
    } finally {
      redis.disconnect();
      await server.stop();
    }
  });
});
