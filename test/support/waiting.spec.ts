import { describe, expect, it } from '@jest/globals';
import { failureOf } from './failures.js';
import { sleep, timed, until } from './waiting.js';

describe('until', () => {
  it('goes on as soon as the condition holds, which may be a promise', async () => {
    let looks = 0;
    await until(() => Promise.resolve((looks += 1) === 3));
    expect(looks).toBe(3);
  });

  it('fails after its limit, and says what did not happen', async () => {
    const isTrue = () => false;
    const failure = await failureOf(until(isTrue, 20));
    expect(failure.message).toBe(`\`${String(isTrue)}\` did not come true within 20 ms.`);
  });
});

describe('timed', () => {
  it('counts as waited what is waited for', async () => {
    const { ms, outcome, waitedMs } = await timed(() => sleep(60).then(() => 'done'));
    expect(outcome).toBe('done');
    expect(ms).toBeGreaterThanOrEqual(59);
    expect(waitedMs).toBeGreaterThan(0);
  });

  it('counts as stalled what keeps the process from running', async () => {
    const { ms, stalledMs, waitedMs } = await timed(async () => {
      await sleep(10);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    });
    expect(stalledMs).toBeGreaterThan(150);
    expect(waitedMs).toBe(ms - stalledMs);
  });

  it('does not count as stalled what the process computes', async () => {
    const { waitedMs } = await timed(async () => {
      await sleep(10);
      const { user, system } = process.cpuUsage();
      const spentMs = (): number => {
        const usage = process.cpuUsage();
        return (usage.user + usage.system - user - system) / 1_000;
      };
      while (spentMs() < 200);
    });
    expect(waitedMs).toBeGreaterThan(150);
  });
});
