import { defineScript, type RedisScript } from './redis-script.js';

/**
 * Amounts are only ever changed by `HINCRBY`. A difference of two amounts is a whole number that a double holds exactly, and
 * `%.0f` formats such a number with all its digits; `tostring` loses some from 10¹⁴ on.
 */
const PRELUDE = `
local function text(number) return string.format('%.0f', number) end

local function keep(key, untilMs)
  if untilMs ~= '' then redis.call('PEXPIREAT', key, untilMs) end
end
`;

/** Every time is one of Redis' own clock. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** A script of the spend store that needs no time. */
export function untimedScript(...parts: string[]): RedisScript {
  return defineScript(PRELUDE + parts.join(''));
}

/** A script of the spend store. */
export function timedScript(...parts: string[]): RedisScript {
  return defineScript(PRELUDE + NOW + parts.join(''));
}
