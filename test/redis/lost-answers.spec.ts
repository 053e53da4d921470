import { describe, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisSpendStore } from '../../lib/redis/redis-spend-store.js';
import { expectExactBills } from '../spend-limits/support/lossy-streams.js';
import { RedisProxy } from './support/redis-proxy.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

jest.setTimeout(60_000);

(HAS_REDIS ? describe : describe.skip)('spend limits on a Redis', () => {
  it.each([
    ['whose client sends again what was not answered', null],
    ['whose client reports what was not answered', 0],
  ])('%s book what was billed, while answers are lost', async (_what, maxRetriesPerRequest) => {
    const server = await RedisServer.start();
    const proxy = await RedisProxy.start(server.port);
    const clients = [0, 1].map(() => {
      const redis = new Redis({
        host: '127.0.0.1',
        port: proxy.port,
        retryStrategy: () => 5,
        maxRetriesPerRequest,
      });
      return redis.on('error', () => undefined);
    });
    try {
      const prefix = randomUUID();
      await expectExactBills(
        clients.map((redis) => new RedisSpendStore(redis, { prefix })),
        proxy,
      );
    } finally {
      for (const redis of clients) redis.disconnect();
      await proxy.stop();
      await server.stop();
    }
  });
});
