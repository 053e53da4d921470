import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { readVariable } from './environment.js';

/** Ends the connection with the application: the store of the package leaves it to whoever has opened it. */
@Module({})
export class RedisModule implements OnApplicationShutdown {
  constructor(private readonly redis: Redis) {}

  static of(redis: Redis): DynamicModule {
    return { module: RedisModule, providers: [{ provide: Redis, useValue: redis }] };
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}

/** Connects to the Redis that `REDIS_URL` names; `undefined` if it names none. */
export function openRedis(): Redis | undefined {
  const url = readVariable('REDIS_URL');
  // Without a listener every lost connection would be written to the log; the application goes on without Redis.
  return url === undefined ? undefined : new Redis(url).on('error', () => undefined);
}
