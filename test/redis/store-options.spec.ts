import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { OpenRouterConfigException } from '../../lib/errors/client.exceptions.js';
import { RedisSpendStore, type RedisSpendStoreOptions } from '../../lib/redis/redis-spend-store.js';

describe('the options of RedisSpendStore', () => {
  const redis = new Redis({ lazyConnect: true });

  it.each<[unknown, string | RegExp]>([
    [{ prefx: 'a' }, 'RedisSpendStore: `prefx` is not known; did you mean `prefix`?'],
    [{ password: 'the-secret' }, 'RedisSpendStore: `password` is not known; there are `prefix`.'],
    [{ prefix: 5 }, /`prefix` must be/],
    [null, /the options must be an object, for example \{ prefix: … \}; got null\.$/],
    ['the-secret', /the options must be an object/],
  ])('are not %j', (options, message) => {
    const open = (): unknown => new RedisSpendStore(redis, options as RedisSpendStoreOptions);
    expect(open).toThrow(OpenRouterConfigException);
    expect(open).toThrow(message);
    expect(open).not.toThrow(/the-secret/);
  });

  it('may be left out', () => {
    expect(() => new RedisSpendStore(redis, { prefix: undefined })).not.toThrow();
    expect(() => new RedisSpendStore(redis, {})).not.toThrow();
  });
});
