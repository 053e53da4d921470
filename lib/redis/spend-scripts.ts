import { COUNTER_OF, HOLD_TABLE } from '../spend-limits/model/hold-table.js';
import { defineScript, type RedisScript } from './redis-script.js';

/**
 * The beginning of every script. Amounts are only ever changed by `HINCRBY`, with the texts of the arguments: they are
 * whole numbers of up to 16 digits, of which Lua's own formatting loses some. `%.0f` is for times and small numbers.
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number) return string.format('%.0f', number) end

local function keep(key, untilMs)
  if untilMs ~= '' then redis.call('PEXPIREAT', key, untilMs) end
end
`;

/**
 * Reads windows from the arguments: their number; for each its limit, slots and number of spans; for each span its
 * beginning, end, place and time to keep. An empty text stands for none. The keys are those of the spans, in order.
 *
 * A span's key is a hash of three counters for each slot: `t` all that counts, `c` the part that is settled, `u` the
 * part that is unsettled.
 */
const WINDOWS = `
local function pick(key, arg)
  local windows = {}
  local count = tonumber(ARGV[arg])
  arg = arg + 1
  for n = 1, count do
    local limit, slots, spans = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
    arg = arg + 3
    for i = 0, spans - 1 do
      local from, to = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
      if not windows[n] and (i > 0 or slots == 1) and from <= now and (not to or now < to) then
        local slot = 0
        if slots > 1 then slot = math.min(slots - 1, math.floor((now - from) * slots / (to - from))) end
        windows[n] = {
          index = i, key = KEYS[key + i], before = KEYS[key + i - 1], slots = slots, slot = slot,
          limit = limit, place = ARGV[arg + 2], keep = ARGV[arg + 3],
        }
      end
      arg = arg + 4
    end
    if not windows[n] then return nil end
    key = key + spans
  end
  return windows
end

local function count(window)
  local sums = { t = 0, c = 0, u = 0 }
  local function add(key, first, last)
    local fields = {}
    for slot = first, last do
      for _, counter in ipairs({ 't', 'c', 'u' }) do fields[#fields + 1] = counter .. slot end
    end
    local values = redis.call('HMGET', key, unpack(fields))
    for i = 1, #fields, 3 do
      sums.t = sums.t + (tonumber(values[i]) or 0)
      sums.c = sums.c + (tonumber(values[i + 1]) or 0)
      sums.u = sums.u + (tonumber(values[i + 2]) or 0)
    end
    return values[#values - 2]
  end
  if window.slots > 1 then add(window.before, window.slot, window.slots - 1) end
  -- The last one is the slot in which an amount would be counted.
  window.isNew = not add(window.key, window.slots > 1 and 0 or window.slot, window.slot)
  window.sums = sums
end

local function told(windows, added)
  local list = {}
  for _, window in ipairs(windows) do
    local sums = window.sums
    for _, value in ipairs({ window.index, window.slot, sums.c, sums.t - sums.c - sums.u + added, sums.u }) do
      list[#list + 1] = value
    end
  end
  return list
end
`;

function script(...parts: string[]): RedisScript {
  return defineScript(PRELUDE + parts.join(''));
}

/**
 * Keys: the hold, the open holds, the spans. Arguments: id, amount, lease, note, the places in earlier roots, the last root,
 * and the windows.
 *
 * A hold is a hash: `s` its state, `a` its amount, `e` when it expires, `t` when it was admitted, `n` its note, `p` its
 * places, `l` the last root, `g` its generation, `k` how often it was claimed, `b` its bill.
 */
export const RESERVE = script(
  WINDOWS,
  `
local hold, open = KEYS[1], KEYS[2]
local state = redis.call('HGET', hold, 's')
if state and state ~= 'held' then return { 'ended', now } end
local windows = pick(3, 7)
if not windows then return { 'no-window', now } end
local amount = tonumber(ARGV[2])
for _, window in ipairs(windows) do count(window) end
if state then
  local found = redis.call('HMGET', hold, 'a', 'e', 'n', 'p', 'g')
  return { 'admitted', now, told(windows, 0), found[1], found[2], found[3], found[4], found[5] or '' }
end
for n, window in ipairs(windows) do
  if window.limit and window.sums.t + amount > window.limit then
    return { 'refused', now, told(windows, 0), n - 1 }
  end
end
local places, isCounted = ARGV[5], {}
for _, window in ipairs(windows) do
  -- Windows with the same span share a place.
  if not isCounted[window.key .. ' ' .. window.slot] then
    isCounted[window.key .. ' ' .. window.slot] = true
    redis.call('HINCRBY', window.key, 't' .. window.slot, ARGV[2])
    if window.isNew then keep(window.key, window.keep) end
    places = places .. window.place .. ' ' .. window.slot .. ' ' .. window.keep .. '\\n'
  end
end
local expires = text(now + tonumber(ARGV[3]))
redis.call('HSET', hold, 's', 'held', 'a', ARGV[2], 'e', expires, 't', text(now), 'n', ARGV[4], 'p', places,
  'l', ARGV[6])
redis.call('ZADD', open, expires, ARGV[1])
return { 'admitted', now, told(windows, amount), ARGV[2], expires, ARGV[4], places, '' }
`,
);

/** `{ held = { commit = 'settled', … }, … }` */
const TABLE = luaTable(Object.entries(HOLD_TABLE).map(([state, row]) => [state, luaTexts(row)]));

const COUNTERS = luaTexts(COUNTER_OF);

function luaTexts(record: object): string {
  return luaTable(
    Object.entries(record as Record<string, string | undefined>)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, `'${value}'`]),
  );
}

function luaTable(entries: readonly (readonly [string, string])[]): string {
  return `{ ${entries.map(([name, value]) => `${name} = ${value}`).join(', ')} }`;
}

/**
 * Carries out any other command of the model. Keys: the hold, the open holds, the unsettled holds, the spans. Arguments:
 * command, id, what is held of a hold that was lost, bill, lease, generation, how long to remember a hold that is given up
 * and one that has ended, note, places, last root; for each span the slot and its time to keep.
 *
 * Two commands are not in the model: `probe` asks whether the hold is known, and makes sure that it stays unknown if it is;
 * `withdraw` takes a reservation back as if it had never been made, so that its id may be used again.
 *
 * → the state before, the state after, the amount that is or was held, when it expires, its bill.
 */
export const STEP = script(`
local TABLE, COUNTER = ${TABLE}, ${COUNTERS}
local hold, open, lost = KEYS[1], KEYS[2], KEYS[3]
local command, id = ARGV[1], ARGV[2]
local found = redis.call('HMGET', hold, 's', 'a', 'e', 'g', 'b')
local state, held, expires = found[1] or 'unknown', found[2] or ARGV[3], found[3] or '0'
local after = TABLE[state] and TABLE[state][command]
if command == 'probe' and state == 'unknown' then after = 'tombstone' end
if command == 'withdraw' and (state == 'held' or state == 'unsettled') then after = 'unknown' end
local isBlocked = (command == 'release' or command == 'withdraw') and found[4]
  or command == 'expire' and tonumber(expires) > now
if not after or isBlocked then return { state, state, held, expires, found[5] or '' } end

local from, into = COUNTER[state], COUNTER[after]
local isBill = command == 'commit' or command == 'adjust'
local gain = isBill and ARGV[4] or held
local FIELD = { settled = 'c', unsettled = 'u' }
local function add(key, counter, slot, amount)
  redis.call('HINCRBY', key, 't' .. slot, amount)
  if FIELD[counter] then redis.call('HINCRBY', key, FIELD[counter] .. slot, amount) end
end
if state ~= after and (from or into) then
  for i = 4, #KEYS do
    local slot, untilMs = ARGV[2 * i + 4], ARGV[2 * i + 5]
    local isNew = redis.call('EXISTS', KEYS[i]) == 0
    if from and held ~= '0' then add(KEYS[i], from, slot, '-' .. held) end
    if into then add(KEYS[i], into, slot, gain) end
    if isNew then keep(KEYS[i], untilMs) end
  end
end

if after == 'held' then
  expires = text(now + tonumber(ARGV[5]))
  redis.call('HSET', hold, 's', after, 'a', held, 'e', expires)
  if state == 'unknown' then redis.call('HSET', hold, 't', text(now), 'n', ARGV[9]) end
  -- The places in later roots are known only now.
  if state == 'unknown' or command == 'attach' then redis.call('HSET', hold, 'p', ARGV[10], 'l', ARGV[11]) end
  if ARGV[6] ~= '' then redis.call('HSET', hold, 'g', ARGV[6]) end
  redis.call('ZADD', open, expires, id)
  redis.call('ZREM', lost, id)
elseif after == 'unsettled' then
  redis.call('HSET', hold, 's', after)
  redis.call('ZREM', open, id)
  redis.call('ZADD', lost, text(now), id)
else
  -- An adjustment may have the id of a hold.
  if command ~= 'adjust' then
    redis.call('ZREM', open, id)
    redis.call('ZREM', lost, id)
  end
  if after == 'provisional' then
    redis.call('HSET', hold, 's', after)
    redis.call('PEXPIRE', hold, ARGV[7])
  elseif after == 'unknown' then
    redis.call('DEL', hold)
  else
    redis.call('DEL', hold)
    redis.call('HSET', hold, 's', after, 'b', isBill and ARGV[4] or '')
    redis.call('PEXPIRE', hold, ARGV[8])
  end
end
return { state, after, held, expires, isBill and ARGV[4] or '' }
`);

/** Keys: the open holds, the spans. Arguments: how many, the windows. → figures, ids whose lease has ended. */
export const USAGE = script(
  WINDOWS,
  `
local windows = pick(2, 2)
if not windows then return { 'no-window', now } end
for _, window in ipairs(windows) do count(window) end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[1])
return { 'done', now, told(windows, 0), due }
`,
);

/** Keys: the spans. Arguments: a sum for each window, the windows. The sums are raised to these. */
export const RESTORE = script(
  WINDOWS,
  `
local sums = {}
for sum in string.gmatch(ARGV[1], '[^ ]+') do sums[#sums + 1] = tonumber(sum) end
local windows = pick(1, 2)
if not windows then return { 'no-window', now } end
for n, window in ipairs(windows) do
  count(window)
  local missing = sums[n] - window.sums.c
  if missing > 0 then
    -- A whole number that a double holds exactly.
    redis.call('HINCRBY', window.key, 't' .. window.slot, text(missing))
    redis.call('HINCRBY', window.key, 'c' .. window.slot, text(missing))
    if window.isNew then keep(window.key, window.keep) end
  end
end
return { 'done', now }
`,
);

/** Keys: the open holds. Arguments: how many. → ids whose lease has ended. */
export const DUE = script(`
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[1])
`);

/** Keys: the unsettled holds. Arguments: how many, for how long. → ids that are now the caller's to look up. */
export const CLAIM = script(`
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), id) end
return ids
`);

/** Keys: the hold. Arguments: 1 to count a claim. → what is kept of it. */
export const LOOK = script(`
if redis.call('HGET', KEYS[1], 's') == 'unsettled' and ARGV[1] == '1' then
  redis.call('HINCRBY', KEYS[1], 'k', 1)
end
return redis.call('HMGET', KEYS[1], 's', 'a', 't', 'n', 'p', 'l', 'g', 'k')
`);

/** Keys: the open and the unsettled holds. Arguments: an id that is no longer known. */
export const FORGET = script(`
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 0
`);

/** Keys: the open and the unsettled holds. → in how long there is something to do; −1 if there are none. */
export const NEXT = script(`
local due
for _, key in ipairs(KEYS) do
  local first = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  if first and (not due or first < due) then due = first end
end
return due and math.max(0, due - now) or -1
`);

/** Keys: the span. Arguments: name, claim, time to keep. → whether the warning is this claim's. */
export const WARN = script(`
local isNew = redis.call('EXISTS', KEYS[1]) == 0
if redis.call('HSETNX', KEYS[1], 'w' .. ARGV[1], ARGV[2]) == 1 then
  if isNew then keep(KEYS[1], ARGV[3]) end
  return 1
end
return redis.call('HGET', KEYS[1], 'w' .. ARGV[1]) == ARGV[2] and 1 or 0
`);

/** Keys: the bills of a name. Arguments: bill, how many and for how long they are kept. */
export const LEARN = script(`
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], '-' .. ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0
`);

/** Keys: the bills of a name. */
export const LEARNED = script(`return redis.call('LRANGE', KEYS[1], 0, -1)`);

/** Keys: the epoch. Arguments: the next one, if there is none, and how long it is kept. */
export const EPOCH = script(`
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])
`);

/** Keys: the roots, and when each was last named. Arguments: root, in how long to visit it at the latest. */
export const REGISTER = script(`
local due = now + tonumber(ARGV[2])
local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or nil)
if not known or known > due then redis.call('ZADD', KEYS[1], text(due), ARGV[1]) end
redis.call('ZADD', KEYS[2], text(now), ARGV[1])
return 0
`);

/** Keys: the roots. Arguments: how many, in how long to visit them if this visit fails. → roots to visit. */
export const VISIT = script(`
local roots = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'LIMIT', 0, ARGV[1])
for _, root in ipairs(roots) do redis.call('ZADD', KEYS[1], text(now + tonumber(ARGV[2])), root) end
return roots
`);

/**
 * Keys: the roots, and when each was last named. Arguments: how long ago an empty one must have been named to be taken off;
 * for each root its name, and in how long to visit it or −1 if it is empty.
 */
export const PLAN = script(`
for i = 2, #ARGV, 2 do
  local root, inMs = ARGV[i], tonumber(ARGV[i + 1])
  if inMs >= 0 then
    redis.call('ZADD', KEYS[1], text(now + inMs), root)
  elseif tonumber(redis.call('ZSCORE', KEYS[2], root) or '0') < now - tonumber(ARGV[1]) then
    redis.call('ZREM', KEYS[1], root)
    redis.call('ZREM', KEYS[2], root)
  end
end
return 0
`);
