import { defineScript, type RedisScript } from './redis-script.js';

/**
 * Amounts are only ever changed by `HINCRBY`. A difference of two amounts is a whole number that a double holds exactly.
 * Redis is told such a number with all its digits; in a text, `tostring` loses some from 10¹⁴ on, and `%d` does not.
 */
const PRELUDE = `
local function text(number) return string.format('%d', number) end

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
