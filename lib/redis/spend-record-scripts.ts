import { untimedScript } from './spend-script.js';

/** Keys: the bills of a name. Arguments: bill, how many and for how long they are kept. */
export const LEARN = untimedScript(`
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], '-' .. ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0
`);

/** Keys: the bills of a name. */
export const LEARNED = untimedScript(`return redis.call('LRANGE', KEYS[1], 0, -1)`);

/** Keys: the epoch. Arguments: the next one, if there is none, and how long it is kept. */
export const EPOCH = untimedScript(`
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])
`);
