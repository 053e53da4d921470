import { timedScript } from './spend-script.js';

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
    local limit, slots, spans = ARGV[arg], tonumber(ARGV[arg + 1]), tonumber(ARGV[arg + 2])
    arg = arg + 3
    local window
    for i = 0, spans - 1 do
      local from, to = tonumber(ARGV[arg]), tonumber(ARGV[arg + 1])
      if not window and (i > 0 or slots == 1) and from <= now and (not to or now < to) then
        local slot = 0
        if slots > 1 then slot = math.min(slots - 1, math.floor((now - from) * slots / (to - from))) end
        window = {
          index = i, key = KEYS[key + i], before = KEYS[key + i - 1], slots = slots, slot = slot,
          limit = limit ~= '' and tonumber(limit), place = ARGV[arg + 2], keep = ARGV[arg + 3],
          t = 0, c = 0, u = 0, h = 0, isNew = false,
        }
      end
      arg = arg + 4
    end
    if not window then return nil end
    windows[n] = window
    key = key + spans
  end
  return windows
end

-- The last nine digits of a number, and those before them.
local function parts(value)
  local sign, digits = string.match(value or '0', '^(%-?)(%d+)$')
  return tonumber(sign .. '0' .. string.sub(digits, 1, -10)), tonumber(sign .. string.sub(digits, -9))
end

-- Adds the counters of a slot. Their sums may be greater than a double holds exactly; what is held is not by as much.
local function sum(window, total, settled, unsettled)
  local t, c, u = tonumber(total) or 0, tonumber(settled) or 0, tonumber(unsettled) or 0
  local held = t - c - u
  if math.max(t, u, -c) > 9e15 then
    local highT, lowT = parts(total)
    local highC, lowC = parts(settled)
    local highU, lowU = parts(unsettled)
    held = (highT - highC - highU) * 1e9 + lowT - lowC - lowU
  end
  window.t, window.c, window.u, window.h = window.t + t, window.c + c, window.u + u, window.h + held
end

local function add(window, key, first, last)
  local fields = {}
  for slot = first, last do
    local next = #fields
    fields[next + 1], fields[next + 2], fields[next + 3] = 't' .. slot, 'c' .. slot, 'u' .. slot
  end
  local values = redis.call('HMGET', key, unpack(fields))
  for i = 1, #fields, 3 do
    sum(window, values[i], values[i + 1], values[i + 2])
  end
  return values[#fields - 2]
end

local function count(window)
  if window.slots == 1 then
    local values = redis.call('HMGET', window.key, 't0', 'c0', 'u0')
    window.isNew = not values[1]
    sum(window, values[1], values[2], values[3])
  else
    add(window, window.before, window.slot, window.slots - 1)
    -- The last one is the slot in which an amount would be counted.
    window.isNew = not add(window, window.key, 0, window.slot)
  end
end

-- Adds the figures to the end of an answer.
local function tell(answer, windows, added)
  local at = #answer
  for _, window in ipairs(windows) do
    answer[at + 1], answer[at + 2], answer[at + 3] = window.index, window.slot, window.c
    answer[at + 4], answer[at + 5] = window.h + added, window.u
    at = at + 5
  end
  return answer
end
`;

/**
 * Keys: the hold, the open holds, the spans. Arguments: id, amount, lease, note, the places in earlier roots, the last root,
 * and the windows. → status, time, and:
 * - `admitted`: when the hold expires, the figures;
 * - `known`, if it was admitted before: when it expires, its amount, note, places and generation, the figures;
 * - `refused`: the number of the window that refuses, the figures;
 * - `ended` or `no-window`: nothing.
 */
export const RESERVE = timedScript(
  WINDOWS,
  `
local amount, windows, refusing = tonumber(ARGV[2]), pick(3, 7)
for n, window in ipairs(windows or {}) do
  count(window)
  if not refusing and window.limit and window.t + amount > window.limit then refusing = n end
end
if windows and not refusing then
  local expires, places, counted, isCounted = now + ARGV[3], ARGV[5], {}, {}
  for _, window in ipairs(windows) do
    local place = window.place .. ' ' .. window.slot .. ' ' .. window.keep .. '\\n'
    -- Windows with the same span share a place.
    if not isCounted[place] then
      isCounted[place], counted[#counted + 1], places = true, window, places .. place
    end
  end
  local hold = 'held ' .. ARGV[2] .. string.format(' %d %d 0 0 ', expires, now) .. #ARGV[4] .. ' ' .. ARGV[6] .. ' ' ..
    ARGV[4] .. places
  if redis.call('SET', KEYS[1], hold, 'NX') then
    for _, window in ipairs(counted) do
      redis.call('HINCRBY', window.key, 't' .. window.slot, ARGV[2])
      if window.isNew then keep(window.key, window.keep) end
    end
    redis.call('ZADD', KEYS[2], expires, ARGV[1])
    return tell({ 'admitted', now, expires }, windows, amount)
  end
end
local found = redis.call('GET', KEYS[1])
if found and string.sub(found, 1, 5) ~= 'held ' then return { 'ended', now } end
if not windows then return { 'no-window', now } end
if not found then return tell({ 'refused', now, refusing - 1 }, windows, 0) end
local held, expires, generation, note, start =
  string.match(found, '^%a+ (%d+) (%d+) %d+ %d+ (%d+) (%d+) %x* ()')
local noteAt = start + generation
local placesAt = noteAt + note
return tell({
  'known', now, expires, held, string.sub(found, noteAt, placesAt - 1), string.sub(found, placesAt),
  string.sub(found, start, noteAt - 1),
}, windows, 0)
`,
);

/** Keys: the open holds, the spans. Arguments: how many, the windows. → status, time, ids whose lease has ended, figures. */
export const USAGE = timedScript(
  WINDOWS,
  `
local windows = pick(2, 2)
if not windows then return { 'no-window', now } end
for _, window in ipairs(windows) do count(window) end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
return tell({ 'done', now, due }, windows, 0)
`,
);

/** Keys: the spans. Arguments: a sum for each window, the windows. The sums are raised to these. → status, time. */
export const RESTORE = timedScript(
  WINDOWS,
  `
local sums = {}
for sum in string.gmatch(ARGV[1], '[^ ]+') do sums[#sums + 1] = tonumber(sum) end
local windows = pick(1, 2)
if not windows then return { 'no-window', now } end
for n, window in ipairs(windows) do
  count(window)
  local missing = sums[n] - window.c
  if missing > 0 then
    redis.call('HINCRBY', window.key, 't' .. window.slot, missing)
    redis.call('HINCRBY', window.key, 'c' .. window.slot, missing)
    if window.isNew then keep(window.key, window.keep) end
  end
end
return { 'done', now }
`,
);

/** Keys: the span. Arguments: name, claim, time to keep. → whether the warning is this claim's. */
export const WARN = timedScript(`
local isNew = redis.call('EXISTS', KEYS[1]) == 0
if redis.call('HSETNX', KEYS[1], 'w' .. ARGV[1], ARGV[2]) == 1 then
  if isNew then keep(KEYS[1], ARGV[3]) end
  return 1
end
return redis.call('HGET', KEYS[1], 'w' .. ARGV[1]) == ARGV[2] and 1 or 0
`);
