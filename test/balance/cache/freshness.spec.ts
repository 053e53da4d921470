import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterAbortException } from '../../../lib/index.js';
import {
  failure,
  fakeTime,
  MINUTE,
  type Replica,
  replicaOf,
  SECOND,
  SimulatedAccount,
} from '../support/simulated-account.js';

let account: SimulatedAccount;
let reader: Replica['reader'];

beforeEach(() => {
  fakeTime();
  account = new SimulatedAccount();
  ({ reader } = replicaOf(account));
});
afterEach(() => {
  jest.useRealTimers();
});

async function read(): Promise<string> {
  const outcome = await reader.get().then(
    ({ balance, stale }) => `${balance}${stale ? ' stale' : ''}`,
    (error: unknown) => String((error as { status?: number }).status),
  );
  // What goes on behind the caller's back.
  await jest.advanceTimersByTimeAsync(0);
  return outcome;
}

async function pass(ms: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
}

describe('a reading', () => {
  it('is fresh for ttlMs, revalidated after, and waited for beyond that', async () => {
    expect(await read()).toBe('100');
    account.credits.totalUsage = 1;
    await pass(59_999);
    expect([await read(), account.asked.length]).toEqual(['100', 1]);
    await pass(1);
    expect([await read(), account.asked.length]).toEqual(['100', 2]);
    expect([await read(), account.asked.length]).toEqual(['99', 2]);
    account.credits.totalUsage = 2;
    await pass(6 * MINUTE);
    expect([await read(), account.asked.length]).toEqual(['98', 3]);
  });

  it('is fresh for a tenth more or less', async () => {
    for (const [random, freshMs] of [
      [0, 54_000],
      [1, 66_000],
    ] as const) {
      account = new SimulatedAccount();
      ({ reader } = replicaOf(account, { random: () => random }));
      await read();
      await pass(freshMs - 1);
      await read();
      expect(account.asked).toHaveLength(1);
      await pass(1);
      await read();
      expect(account.asked).toHaveLength(2);
    }
  });

  it('is served flagged stale while OpenRouter cannot be asked, and not for ever', async () => {
    await read();
    account.fault = failure(503);
    await pass(MINUTE);
    // Nothing has failed yet.
    expect(await read()).toBe('100');
    expect(await read()).toBe('100 stale');
    expect(reader.peek()?.stale).toBe(true);
    await pass(59 * MINUTE);
    expect(await read()).toBe('100 stale');
    await pass(MINUTE);
    expect(reader.peek()).toBeUndefined();
    expect(await read()).toBe('503');
    account.fault = undefined;
    await pass(MINUTE);
    expect(await read()).toBe('100');
  });

  it('is not revalidated again for a while after that has failed', async () => {
    await read();
    account.fault = failure(503);
    await pass(MINUTE);
    for (let ms = 0; ms < 300; ms += 100) {
      await read();
      await pass(100);
    }
    expect(account.asked).toHaveLength(2);
  });

  it('is nothing for a caller who has left', async () => {
    await read();
    await pass(10 * MINUTE);
    account.latencyMs = 100;
    const caller = new AbortController();
    const call = expect(reader.get({ signal: caller.signal })).rejects.toThrow(OpenRouterAbortException);
    await pass(50);
    caller.abort();
    await call;
  });

  it.each([401, 403])('is never served after a %i', async (status) => {
    await read();
    account.fault = failure(status);
    await pass(2 * MINUTE);
    expect(await read()).toBe('100');
    expect(await read()).toBe(String(status));
    expect(reader.peek()).toBeUndefined();
  });

  it('is flagged by peek once it is older than anybody should be given without asking', async () => {
    await read();
    await pass(6 * MINUTE - 1);
    expect(reader.peek()).toMatchObject({ balance: 100, stale: false });
    await pass(1);
    expect(reader.peek()).toMatchObject({ balance: 100, stale: true });
    expect(account.asked).toHaveLength(1);
  });

  it('is not given to somebody who wants a younger one, not even for want of it', async () => {
    await read();
    await pass(10 * SECOND);
    await expect(reader.get({ maxAgeMs: 10_001 })).resolves.toMatchObject({ balance: 100 });
    expect(account.asked).toHaveLength(1);
    account.fault = failure(503);
    await expect(reader.get({ maxAgeMs: 10_000 })).rejects.toMatchObject({ status: 503 });
    expect(account.asked).toHaveLength(2);
    // Others do not have to know.
    expect(await read()).toBe('100');
  });

  it('does not grow younger or older by a jump of the wall clock', async () => {
    await read();
    jest.setSystemTime(Date.now() + 86_400_000);
    await read();
    jest.setSystemTime(Date.now() - 2 * 86_400_000);
    await read();
    expect(account.asked).toHaveLength(1);
    await pass(MINUTE);
    await read();
    expect(account.asked).toHaveLength(2);
  });
});

describe('after failures', () => {
  it('nobody asks for a while, and for longer each time', async () => {
    account.fault = failure(500);
    const asked: number[] = [];
    const startedAt = performance.now();
    for (let ms = 0; ms < 10 * MINUTE; ms += 100) {
      expect(await read()).toBe('500');
      await pass(100);
    }
    for (const at of account.asked) asked.push(Math.round((at - startedAt) / 100) / 10);
    // Half a second, doubled up to a minute, of which three quarters pass at this random number.
    expect(asked.slice(0, 6)).toEqual([0, 0.4, 1.2, 2.7, 5.7, 11.7]);
    expect(account.asked.length).toBeLessThan(25);
    account.fault = undefined;
    await pass(MINUTE);
    expect(await read()).toBe('100');
    account.fault = failure(500);
    await expect(reader.refresh(undefined)).rejects.toThrow();
    await pass(375);
    account.fault = undefined;
    await expect(reader.get({ maxAgeMs: 0 })).resolves.toMatchObject({ balance: 100 });
  });

  it('OpenRouter is given the time that it asks for', async () => {
    account.fault = failure(429, 30_000);
    expect(await read()).toBe('429');
    account.fault = undefined;
    await pass(29_999);
    expect([await read(), account.asked.length]).toEqual(['429', 1]);
    await pass(1);
    expect(await read()).toBe('100');
  });
});

describe('recorded spend', () => {
  it('counts until a reading that began a minute later', async () => {
    await read();
    reader.recordSpend(1.1);
    reader.recordSpend(0.2);
    expect(reader.peek()).toMatchObject({ balance: 100, spendable: 98.7, estimated: 98.7 });
    await pass(30 * SECOND);
    await expect(reader.refresh(undefined)).resolves.toMatchObject({ balance: 100, spendable: 98.7 });
    await pass(30 * SECOND - 1);
    await expect(reader.refresh(undefined)).resolves.toMatchObject({ spendable: 98.7 });
    account.credits.totalUsage = 1.3;
    await pass(1);
    await expect(reader.refresh(undefined)).resolves.toMatchObject({ balance: 98.7, spendable: 98.7 });
  });

  it('counts as well where it is older than the first reading, and no longer', async () => {
    reader.recordSpend(1);
    expect(reader.peek()).toBeUndefined();
    await pass(59 * SECOND);
    reader.recordSpend(2);
    await pass(2 * SECOND);
    await expect(reader.get()).resolves.toMatchObject({ balance: 100, spendable: 98 });
  });

  it('counts through an outage', async () => {
    await read();
    account.fault = failure(503);
    for (let minute = 0; minute < 50; minute += 1) {
      reader.recordSpend(0.01);
      await pass(MINUTE);
      await read();
    }
    expect(reader.peek()).toMatchObject({ balance: 100, spendable: 99.5, stale: true });
  });
});
