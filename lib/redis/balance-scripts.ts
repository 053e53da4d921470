import { createHash } from 'node:crypto';

/** A Lua script, and the digest by which Redis knows it. */
export interface BalanceScript {
  readonly text: string;
  readonly sha1: string;
}

/**
 * What every script begins with. All of an account is in one hash, so that each script is atomic and a Redis Cluster
 * finds everything of it on one node. Ages and ends run on the clock of Redis, which all replicas share.
 */
const PRELUDE = `
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number) return string.format('%.0f', number) end

-- What is no whole number that a double can hold counts as absent.
local function whole(value)
  local found = tonumber(value or nil)
  if found and found >= 0 and found < 9007199254740991 then return math.floor(found) end
  return 0
end

local function number(field) return whole(redis.call('HGET', key, field)) end

-- Something else under the account's name would make every script fail for ever.
if redis.call('TYPE', key).ok ~= 'hash' then redis.call('DEL', key) end

local function keepFor(ms)
  if redis.call('PTTL', key) < ms then redis.call('PEXPIRE', key, text(ms)) end
end

-- The clock keeps numbers rising after the data was lost.
local function draw()
  local drawn = math.max(number('drawn') + 1, number('sequence') + 1, now)
  redis.call('HSET', key, 'drawn', text(drawn))
  keepFor(3600000)
  return drawn
end

local function land(sequence)
  if number('lead') == sequence then redis.call('HDEL', key, 'lead', 'leadEnds', 'leadClaim') end
end

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

local function forgetSpend(before)
  for _, spend in ipairs(spends()) do
    if spend.ends <= now or spend.at <= before then redis.call('HDEL', key, spend.field) end
  end
end
`;

function script(body: string): BalanceScript {
  const text = PRELUDE + body;
  return { text, sha1: createHash('sha1').update(text).digest('hex') };
}

/** → sequence, text of the reading or nil, its age, alert state or nil, and amount and age of each spend. */
export const READ = script(`
local reading = number('readingEnds') > now and redis.call('HGET', key, 'reading')
local alert = number('alertEnds') > now and redis.call('HGET', key, 'alert')
local spent = {}
for _, spend in ipairs(spends()) do
  if spend.ends > now then
    table.insert(spent, spend.micro)
    table.insert(spent, math.max(0, now - spend.at))
  end
end
return { number('sequence'), reading, math.max(0, now - number('readingAt')), alert, spent }
`);

/**
 * holdMs, id of the call → sequence, whether it leads. A lead that ends later than any could is left over from another
 * clock; one that this very call has got is its own: a client whose connection breaks sends a command again.
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
land(tonumber(ARGV[1]))
return 0
`);

/**
 * sequence, text, keepMs, bookedMs → whether it was written.
 *
 * The reading is as old as its flight, whose number is the time at which it began: a command that Redis gets to only
 * after a pause must not make an old reading new.
 */
export const WRITE = script(`
local sequence, keep, booked = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
if sequence <= number('sequence') then return 0 end
local at = math.min(now, sequence)
redis.call('HSET', key, 'sequence', ARGV[1], 'reading', ARGV[2], 'readingAt', text(at), 'readingEnds', text(at + keep))
keepFor(keep)
forgetSpend(at - booked)
land(sequence)
return 1
`);

/** → nothing. */
export const INVALIDATE = script(`
redis.call('HSET', key, 'sequence', text(draw()))
redis.call('HDEL', key, 'reading', 'readingAt', 'readingEnds', 'lead', 'leadEnds', 'leadClaim')
return 0
`);

/** micro-dollars, keepMs → nothing. */
export const ADD_SPEND = script(`
local micro, keep = tonumber(ARGV[1]), tonumber(ARGV[2])
local field = 'spend:' .. text(math.floor(now / 1000))
local before = string.match(redis.call('HGET', key, field) or '', '^(%d+) ')
if not before then forgetSpend(0) end
redis.call('HSET', key, field, text(whole(before) + micro) .. ' ' .. text(now) .. ' ' .. text(now + keep))
keepFor(keep)
return 0
`);

/** The ids of the last claims are kept: others may have gone on from there before a command comes again. */
const CLAIMS_KEPT = 16;
const CLAIM_LENGTH = '00000000-0000-0000-0000-000000000000 '.length;

/** expected or an empty text for none, next, keepMs, id of the call → whether it was changed, now or by the same call. */
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
