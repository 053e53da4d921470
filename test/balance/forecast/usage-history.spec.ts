import { describe, expect, it } from '@jest/globals';
import { UsageHistory } from '../../../lib/balance/forecast/usage-history.js';
import { markOtherOrigin } from '../../../lib/errors/answer-origin.js';
import { OpenRouterAbortException } from '../../../lib/index.js';
import { failure } from '../support/simulated-account.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** What an account has used, the fault that keeps it from telling, and two clocks. */
function open(isMeant = false) {
  const state = {
    now: 0,
    wallNow: Date.UTC(2026, 0, 2, 12),
    asked: 0,
    fault: undefined as Error | undefined,
  };
  const history = new UsageHistory(
    {
      list: async (_query, { signal }) => {
        state.asked += 1;
        await Promise.resolve();
        if (signal?.aborted === true)
          throw new OpenRouterAbortException({ message: '', delivery: 'unknown' });
        if (state.fault !== undefined) throw state.fault;
        return [
          { date: new Date('2026-01-01'), usage: 0.1 },
          { date: new Date('2026-01-01'), usage: 0.2 },
          { usage: 5 },
        ];
      },
    },
    { now: () => state.now, wallNow: () => state.wallNow, random: () => 0.5 },
    isMeant,
  );
  const read = () => history.read(undefined, () => new Error('left'));
  return { state, history, read };
}

describe('what was used', () => {
  it('is told by the day, exactly, and asked for once an hour by the monotonic clock', async () => {
    const { state, read } = open();
    const [first, second] = await Promise.all([read(), read()]);
    expect(first).toEqual([{ date: new Date('2026-01-01'), usage: 0.3 }]);
    expect(second).toBe(first);
    state.wallNow += HOUR;
    state.now = HOUR - 1;
    await read();
    expect(state.asked).toBe(1);
    state.now = HOUR;
    await read();
    expect(state.asked).toBe(2);
  });

  it('is asked for again on another day, which has one more to tell', async () => {
    const { state, read } = open();
    await read();
    state.wallNow += 12 * HOUR;
    await read();
    expect(state.asked).toBe(2);
  });

  it.each([
    ['an hour after it was refused', failure(403), HOUR, false],
    ['a minute after it could not be had', failure(503), MINUTE, false],
    ['a minute after a page has stood in the way', markOtherOrigin(failure(403)), MINUTE, false],
    ['a minute after a management key was refused', failure(403), MINUTE, true],
  ])('is not asked for again for %s, unless told to', async (_title, fault, pauseMs, isMeant) => {
    const { state, history, read } = open(isMeant);
    state.fault = fault;
    await expect(read()).resolves.toEqual([]);
    state.now = pauseMs - 1;
    await expect(read()).resolves.toEqual([]);
    expect(state.asked).toBe(1);
    state.now = pauseMs;
    await read();
    expect(state.asked).toBe(2);
    history.forget();
    state.fault = undefined;
    await expect(read()).resolves.toHaveLength(1);
  });

  it('is asked for again for whoever comes after the last one has left', async () => {
    const { state, history, read } = open();
    const caller = new AbortController();
    const left = history.read(caller.signal, () => new Error('left'));
    caller.abort();
    await expect(left).rejects.toThrow('left');
    await expect(read()).resolves.toHaveLength(1);
    expect(state.asked).toBe(2);
  });
});
