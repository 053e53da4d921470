import { timedScript } from './spend-script.js';

/** Keys: the roots, and when each was last named. Arguments: root, in how long to visit it at the latest. */
export const REGISTER = timedScript(`
local due = now + ARGV[2]
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or nil)
if not known or known > due then redis.call('ZADD', KEYS[1], due, ARGV[1]) end
redis.call('ZADD', KEYS[2], now, ARGV[1])
return 0
`);

/** Keys: the roots. Arguments: how many, in how long to visit them if this visit fails. → roots to visit. */
export const VISIT = timedScript(`
local roots = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, root in ipairs(roots) do redis.call('ZADD', KEYS[1], now + ARGV[2], root) end
return roots
`);

/**
 * Keys: the roots, and when each was last named. Arguments: how long ago an empty one must have been named to be taken off;
 * for each root its name, and in how long to visit it or −1 if it is empty.
 */
export const PLAN = timedScript(`
for i = 2, #ARGV, 2 do
  local root, inMs = ARGV[i], tonumber(ARGV[i + 1])
  if inMs >= 0 then
    redis.call('ZADD', KEYS[1], now + inMs, root)
  elseif tonumber(redis.call('ZSCORE', KEYS[2], root) or '0') < now - ARGV[1] then
    redis.call('ZREM', KEYS[1], root)
    redis.call('ZREM', KEYS[2], root)
  end
end
return 0
`);
