import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { OpenRouterClient } from 'nestjs-openrouter';
import { readVariable } from 'sample-shared';

/** Connects to the Redis in `REDIS_URL`. `undefined` if the variable is not set. */
export function openRedis(): Redis | undefined {
  const url = readVariable('REDIS_URL');
  if (url === undefined) return undefined;
  // A Redis that hangs does not delay the shutdown for longer than this.
  const redis = new Redis(url, { commandTimeout: 1_000 });
  // Without a listener, ioredis logs every lost connection. The application goes on without Redis.
  return redis.on('error', () => undefined);
}

/** Closes the connection at the shutdown: the package's store leaves that to the owner of the connection. */
@Injectable()
export class RedisEnd implements OnApplicationShutdown {
  constructor(
    private readonly openRouter: OpenRouterClient,
    private readonly redis: Redis,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    // First the account, which then writes the spend that is not yet in Redis.
    await this.openRouter.close();
    await this.redis.quit().catch(() => this.redis.disconnect());
  }
}
