import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { TERMINATIONS, terminatedAmidStreams } from '../support/terminated-process.js';
import { HAS_REDIS, RedisServer } from './support/redis-server.js';

// Programs take their time to start on a busy machine.
jest.setTimeout(90_000);

(HAS_REDIS ? describe : describe.skip)('SIGTERM in the middle of streams, with limits on Redis', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(() => server.stop());

  it.each(TERMINATIONS)('%s, and each bill is booked', (_what, times) => {
    const place = { redisPort: server.port, prefix: randomUUID() };
    return terminatedAmidStreams({ programs: 'test/redis/support', place }, times);
  });
});
