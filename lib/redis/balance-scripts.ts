import { defineScript, type RedisScript } from './redis-script.js';

/**
 * The beginning of every script. One hash holds everything of an account, so a Redis Cluster keeps it on one node.
 * Ages and expiry times use the clock of Redis, which all replicas share.
 */
const PRELUDE = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number) return string.format('%.0f', number) end

-- Anything but a whole number that a double holds exactly counts as absent.
local function whole(value)
  local found = tonumber(value or nil)
  if found and found >= 0 and found < 9007199254740991 then return math.floor(found) end
  return 0
end

local function number(field) return whole(redis.call('HGET', key, field)) end

-- A value of another type under the account's key would make every script fail forever.
if redis.call('TYPE', key).ok ~= 'hash' then redis.call('DEL', key) end

local function keepFor(ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, text(ms)) end
end

-- The clock keeps the numbers rising after a loss of data.
local function draw()
  local drawn = math.max(number('drawn') + 1, number('sequence') + 1, now)
  redis.call('HSET', key, 'drawn', text(drawn))
  keepFor(3600000)
  return drawn
end

local function endLead(sequence)
  if number('lead') == sequence then redis.call('HDEL', key, 'lead', 'leadEnds', 'leadClaim') end
end

-- Spend in the format of an earlier version, one sum per second for all processes.
local function spends()
  local found = {}
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 6) == 'spend:' then
      local micro, at, ends = string.match(all[i + 1], '^(%d+) (%d+) (%d+)$')
      table.insert(found, {
        field = all[i], micro = whole(micro), at = whole(at), ends = whole(ends),
      })
    end
  end
  return found
end

-- The sums of one process, by number. They share one field, since every process reads all fields twice a second.
local function sumsOf(value)
  local sums = {}
  for n, micro, other, at, since, ends in
    string.gmatch(value or '', '(%d+) (%d+) (%d+) (%d+) (%d+) (%d+);') do
    sums[n] = {
      micro = whole(micro), other = whole(other), at = whole(at), since = whole(since), ends = whole(ends),
    }
  end
  return sums
end

-- A time in the future was recorded before the clock was set back.
local function keepSums(field, sums, before)
  local kept = {}
  for n, sum in pairs(sums) do
    if sum.ends > now and sum.at > before then
      table.insert(kept, table.concat({
        n, text(sum.micro), text(sum.other), text(math.min(sum.at, now)), text(sum.since), text(sum.ends),
      }, ' '))
    end
  end
  if #kept == 0 then
    redis.call('HDEL', key, field)
  else
    redis.call('HSET', key, field, table.concat(kept, ';') .. ';')
  end
end

local function forgetSpend(before)
  for _, spend in ipairs(spends()) do
    if spend.ends <= now or spend.at <= before then redis.call('HDEL', key, spend.field) end
  end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 3) == 'by:' then
      keepSums(field, sumsOf(redis.call('HGET', key, field)), before)
    end
  end
end
`;

function script(body: string): RedisScript {
  return defineScript(PRELUDE + body);
}

/**
 * → sequence, serialised reading or nil, its age, alert state or nil; second, amount and age of each spend of the
 * earlier version; the time; each process with its sums; and whether a flight has the lead.
 *
 * A reading from the future was written before the clock was set back, so its age is unknown: it is ignored.
 */
export const READ = script(`
local readingAt = number('readingAt')
local reading = readingAt <= now and number('readingEnds') > now and redis.call('HGET', key, 'reading')
local alert = number('alertEnds') > now and redis.call('HGET', key, 'alert')
local spent, sums = {}, {}
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 3) == 'by:' then
    table.insert(sums, string.sub(all[i], 4))
    table.insert(sums, all[i + 1])
  end
end
for _, spend in ipairs(spends()) do
  if spend.ends > now then
    table.insert(spent, string.sub(spend.field, 7))
    table.insert(spent, spend.micro)
    table.insert(spent, math.max(0, now - spend.at))
  end
end
local isLed = number('leadEnds') > now and 1 or 0
return { number('sequence'), reading, math.max(0, now - readingAt), alert, spent, now, sums, isLed }
`);

/**
 * holdMs, id of the call → sequence, whether it leads. A lead with a later end than possible is left over from before
 * the clock was set back and is ignored. A lead with the id of the call is the call's own: a client repeats a command
 * when its connection breaks.
 */
export const BEGIN = script(`
local hold = tonumber(ARGV[1])
local left = number('leadEnds') - now
local isHeld = left > 0 and left <= 2 * hold
if isHeld and redis.call('HGET', key, 'leadClaim') == ARGV[2] then return { number('lead'), 1 } end
local sequence = draw()
if isHeld then return { sequence, 0 } end
redis.call('HSET', key, 'lead', text(sequence), 'leadEnds', text(now + hold), 'leadClaim', ARGV[2])
return { sequence, 1 }
`);

/** sequence → nothing. */
export const END = script(`
endLead(tonumber(ARGV[1]))
return 0
`);

/**
 * sequence, text, keepMs, settledMs → whether it was written.
 *
 * The age of the reading counts from the start of the read, which its sequence number tells. So a command that Redis
 * runs after a pause does not make an old reading look new.
 */
export const WRITE = script(`
local sequence, keep, booked = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
if sequence <= number('sequence') then return 0 end
local at = math.min(now, sequence)
redis.call('HSET', key, 'sequence', ARGV[1], 'reading', ARGV[2], 'readingAt', text(at), 'readingEnds', text(at + keep))
keepFor(keep)
forgetSpend(at - booked)
endLead(sequence)
return 1
`);

/** → nothing. */
export const INVALIDATE = script(`
redis.call('HSET', key, 'sequence', text(draw()))
redis.call('HDEL', key, 'reading', 'readingAt', 'readingEnds', 'lead', 'leadEnds', 'leadClaim')
return 0
`);

/**
 * micro-dollars, keepMs, and of each named sum its process, number, micro-dollars, those of other keys, age, span →
 * nothing.
 *
 * Of two values of a sum the greater one is kept, so a sum may be sent twice. Without sums, the amount is added to the
 * current second, as earlier versions do.
 */
export const ADD_SPEND = script(`
local micro, keep = tonumber(ARGV[1]), tonumber(ARGV[2])
if #ARGV == 2 then
  local field = 'spend:' .. text(math.floor(now / 1000))
  local before = string.match(redis.call('HGET', key, field) or '', '^(%d+) ')
  if not before then forgetSpend(0) end
  redis.call('HSET', key, field, text(whole(before) + micro) .. ' ' .. text(now) .. ' ' .. text(now + keep))
end
local changed = {}
for i = 3, #ARGV, 6 do
  local field, n = 'by:' .. ARGV[i], ARGV[i + 1]
  if not changed[field] then
    local value = redis.call('HGET', key, field)
    if not value then forgetSpend(0) end
    changed[field] = sumsOf(value)
  end
  local at = now - tonumber(ARGV[i + 4])
  local since = math.max(0, at - tonumber(ARGV[i + 5]))
  local known = changed[field][n] or { micro = 0, other = 0, at = 0, since = since }
  changed[field][n] = {
    micro = math.max(known.micro, tonumber(ARGV[i + 2])),
    other = math.max(known.other, tonumber(ARGV[i + 3])),
    at = math.max(known.at, at),
    since = math.min(known.since, since),
    ends = now + keep,
  }
end
for field, sums in pairs(changed) do keepSums(field, sums, 0) end
keepFor(keep)
return 0
`);

/** How many ids of claims are kept. Other processes may have claimed alerts before a repeated command arrives. */
const CLAIMS_KEPT = 16;
const CLAIM_LENGTH = '00000000-0000-0000-0000-000000000000 '.length;

/**
 * expected or an empty string for none, next, keepMs, id of the call → whether this call has changed it, now or before.
 */
export const CLAIM_ALERT = script(`
local claims = redis.call('HGET', key, 'alertClaims') or ''
if string.find(claims, ARGV[4], 1, true) then return 1 end
local state = number('alertEnds') > now and redis.call('HGET', key, 'alert') or ''
if state ~= ARGV[1] then return 0 end
claims = string.sub(ARGV[4] .. ' ' .. claims, 1, ${CLAIMS_KEPT * CLAIM_LENGTH})
redis.call('HSET', key, 'alert', ARGV[2], 'alertEnds', text(now + tonumber(ARGV[3])), 'alertClaims', claims)
keepFor(tonumber(ARGV[3]))
return 1
`);
