import { describe, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { expectOneDay } from '../spend-limits/support/shifted-clocks.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

// Programs take their time to start on a busy machine.
jest.setTimeout(60_000);

(HAS_REDIS ? describe : describe.skip)('processes with clocks that are days apart, on Redis', () => {
  it('let exactly as many completions pass as fit into the day of Redis', async () => {
    const server = await RedisServer.start();
    try {
      const place = { redisPort: server.port, prefix: randomUUID() };
      await expectOneDay('test/redis/support/limited-replica.mjs', place);
    } finally {
      await server.stop();
    }
  });
});
