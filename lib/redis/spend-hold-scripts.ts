import {
  COUNTER_OF,
  HOLD_TABLE,
  type HoldCommandName,
  type HoldStateName,
  type SpendCounter,
} from '../spend-limits/model/hold-table.js';
import { timedScript, untimedScript } from './spend-script.js';

/**
 * A hold is one text: its state, what is held, when it expires, when it was admitted, how often it was claimed, the lengths
 * of its generation and of its note, and the last root, with a space after each; then generation, note and places. Of one
 * that has ended there are only the state and the bill.
 *
 * Keys: the hold, the open holds, the unsettled holds, the spans. Arguments: id, what is held of a hold that was lost, two
 * of the command's own, for each span the slot and its time to keep, and at the end the places. → a list of the places that
 * are kept, and nothing is done, if the spans are not those: a script may use no other keys than it is given.
 */
const HOLD = `
local hold, open, lost, id = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local found = redis.call('GET', hold)
local state, held, generation, note, start = 'unknown', ARGV[2]
if found then
  state, held, generation, note, start =
    string.match(found, '^(%a+) (%d+) %d+ %d+ %d+ (%d+) (%d+) %x* ()')
  if not state then state, held = string.match(found, '^(%a+) (%-?%d*)') end
end
held = tonumber(held)
local places = start and string.sub(found, start + generation + note)
-- Most often the caller knows the places. They need no closer look then.
if places and places ~= ARGV[#ARGV] then
  local root, next, isSame = string.match(open, '%.(%x+)}:open$'), 4, true
  for of, key, span, slot in string.gmatch(places, '(%x+) (%x+) (%S+) (%d+) %d*\\n') do
    -- A hold in a root of a cluster lists its places in others, too.
    if not root or of == root then
      local name = '.' .. of .. '}:span:' .. key .. ':' .. span
      isSame = isSame and string.sub(KEYS[next] or '', -#name) == name and ARGV[2 * next - 3] == slot
      next = next + 1
    end
  end
  if not isSame or next <= #KEYS then return { places } end
end
`;

const IS_ATTACHED = `found and string.match(found, '^%a+ %d+ %d+ %d+ %d+ (%d+)') ~= '0'`;

const COUNT = `
local function count(key, field, delta, untilMs)
  -- A span whose sum was 0 may be a new one.
  if delta ~= 0 and redis.call('HINCRBY', key, field, delta) == delta then keep(key, untilMs) end
end
for i = 4, #KEYS do
  local slot, untilMs = ARGV[2 * i - 3], ARGV[2 * i - 2]
  count(KEYS[i], 't' .. slot, total, untilMs)
  count(KEYS[i], 'c' .. slot, settled, untilMs)
  count(KEYS[i], 'u' .. slot, unsettled, untilMs)
end
`;

const TAKE_OFF = `
if state == 'held' then redis.call('ZREM', open, id) elseif state == 'unsettled' then redis.call('ZREM', lost, id) end
`;

/**
 * The state after a command and the differences in the counters, as the model has them.
 *
 * @param gain - What a new counter gets: the bill, or else what was held.
 * @param otherwise - Where the command has no effect.
 */
function move(row: StateRow, gain: string, otherwise: string): string {
  const cases = Object.entries(row).map(([state, after]) => {
    const from = COUNTER_OF[state as HoldStateName];
    const into = COUNTER_OF[after];
    const change = (counter: SpendCounter): string => difference(into === counter, from === counter);
    const values =
      state === after
        ? '0, 0, 0'
        : [difference(into !== undefined, from !== undefined), change('settled'), change('unsettled')].join(
            ', ',
          );
    return `if state == '${state}' then after, total, settled, unsettled = '${after}', ${values}`;
  });
  return `
local gain, after, total, settled, unsettled = ${gain}
${cases.join('\nelse')}
else ${otherwise} end
`;
}

function difference(isGained: boolean, isTaken: boolean): string {
  return `${isGained ? 'gain' : '0'}${isTaken ? ' - held' : ''}`;
}

type StateRow = Readonly<Partial<Record<HoldStateName, HoldStateName>>>;

/** The states in which a command has an effect, with the states after it. */
function rowOf(command: HoldCommandName): StateRow {
  return Object.fromEntries(
    Object.entries(HOLD_TABLE).flatMap(([state, row]) =>
      row[command] === undefined ? [] : [[state, row[command]]],
    ),
  );
}

/** Settles a hold. Arguments of its own: the bill, how long to remember it. Books an adjustment under a key of its own. */
export const COMMIT = untimedScript(
  HOLD,
  move(rowOf('commit'), 'tonumber(ARGV[3])', 'return 0'),
  COUNT,
  TAKE_OFF,
  `
redis.call('SET', hold, after .. ' ' .. ARGV[3], 'PX', ARGV[4])
return 1
`,
);

/** Releases a hold, or an id that is not known. Arguments of its own: nothing, how long to remember it. */
export const RELEASE = untimedScript(
  HOLD,
  move(rowOf('release'), 'held', 'return 0'),
  `if ${IS_ATTACHED} then return 0 end`,
  COUNT,
  TAKE_OFF,
  `
redis.call('SET', hold, after .. ' ', 'PX', ARGV[4])
return 1
`,
);

/** Takes a reservation back as if it had never been made, so that its id may be used again. It is no command of the model. */
export const WITHDRAW = untimedScript(
  HOLD,
  move({ held: 'released', unsettled: 'released' }, 'held', 'return 0'),
  `if ${IS_ATTACHED} then return 0 end`,
  COUNT,
  TAKE_OFF,
  `
redis.call('DEL', hold)
return 1
`,
);

/** Counts a hold as billed at what was held. Arguments of its own: nothing, how long to remember it. */
export const GIVE_UP = untimedScript(
  HOLD,
  move(rowOf('giveUp'), 'held', 'return 0'),
  COUNT,
  TAKE_OFF,
  `
redis.call('SET', hold, after .. string.sub(found, #state + 1), 'PX', ARGV[4])
return 1
`,
);

/** Makes a hold unsettled if its lease has ended. */
export const EXPIRE = timedScript(
  HOLD,
  move(rowOf('expire'), 'held', 'return 0'),
  `if tonumber(string.match(found, '^%a+ %d+ (%d+)')) > now then return 0 end`,
  COUNT,
  TAKE_OFF,
  `
redis.call('SET', hold, after .. string.sub(found, #state + 1))
redis.call('ZADD', lost, now, id)
return 1
`,
);

/**
 * Extends a hold, and attaches a generation. Arguments of its own: the lease, the generation or an empty text; after those
 * of the spans: note, last root, places. → when it expires, or nothing if it is over.
 *
 * Brings all places along, since those in later roots are not known when a hold is reserved.
 */
export const EXTEND = timedScript(
  HOLD,
  move(rowOf('extend'), 'held', `return ''`),
  COUNT,
  `
if state == 'unsettled' then redis.call('ZREM', lost, id) end
local admitted, claims, generation, note = text(now), '0', '', ARGV[#ARGV - 2]
if found then
  local generationLength, noteLength, start
  admitted, claims, generationLength, noteLength, start =
    string.match(found, '^%a+ %d+ %d+ (%d+) (%d+) (%d+) (%d+) %x* ()')
  local noteAt = start + generationLength
  generation, note = string.sub(found, start, noteAt - 1), string.sub(found, noteAt, noteAt + noteLength - 1)
end
if ARGV[4] ~= '' then generation = ARGV[4] end
local expires = text(now + ARGV[3])
redis.call('SET', hold, table.concat({
  after, text(held), expires, admitted, claims, #generation, #note, ARGV[#ARGV - 1], generation .. note .. ARGV[#ARGV],
}, ' '))
redis.call('ZADD', open, expires, id)
return expires
`,
);

/**
 * Asks whether a hold is known, and makes sure that it stays unknown if it is. Keys: the hold. Arguments: how long to
 * remember it. → its state, its bill if it is settled.
 */
export const PROBE = untimedScript(`
local found = redis.call('GET', KEYS[1])
if found then return { string.match(found, '^(%a+) (%-?%d*)') } end
redis.call('SET', KEYS[1], 'tombstone ', 'PX', ARGV[1])
return { 'unknown', '' }
`);

/** Keys: the hold. Arguments: 1 to count a claim. → what is kept of it; nothing if it has ended. */
export const LOOK = untimedScript(`
local found = redis.call('GET', KEYS[1]) or ''
local state, held, expires, admitted, claims, generation, note, root, start =
  string.match(found, '^(%a+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%x*) ()')
if not state then return {} end
local noteAt = start + generation
local placesAt = noteAt + note
if state == 'unsettled' and ARGV[1] == '1' then
  claims = claims + 1
  redis.call('SET', KEYS[1], table.concat({
    state, held, expires, admitted, claims, generation, note, root, string.sub(found, start),
  }, ' '))
end
return {
  state, held, admitted, string.sub(found, noteAt, placesAt - 1), string.sub(found, placesAt), root,
  string.sub(found, start, noteAt - 1), claims,
}
`);

/** Keys: the open and the unsettled holds. Arguments: an id that is no longer known. */
export const FORGET = untimedScript(`
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 0
`);

/** Keys: the open holds. Arguments: how many. → ids whose lease has ended. */
export const DUE = timedScript(`
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
`);

/** Keys: the unsettled holds. Arguments: how many, for how long. → ids that are now the caller's to look up. */
export const CLAIM = timedScript(`
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], now + ARGV[2], id) end
return ids
`);

/** Keys: the open and the unsettled holds. → in how long there is something to do; −1 if there are none. */
export const NEXT = timedScript(`
local due
for _, key in ipairs(KEYS) do
  local first = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  if first and (not due or first < due) then due = first end
end
return due and math.max(0, due - now) or -1
`);
