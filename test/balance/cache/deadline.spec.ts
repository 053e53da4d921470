import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BalanceSource } from '../../../lib/balance/reading/balance-source.js';
import { InMemoryBalanceStore, type OpenRouterTimeoutException } from '../../../lib/index.js';
import { failureOf } from '../../support/failures.js';
import { cleanUp, clientOf, sendError, sendJson, startServer } from '../../support/servers.js';
import { failure, fakeTime, replicaOf, SimulatedAccount } from '../support/simulated-account.js';
import { pause, settle, storeWith } from '../support/stores.js';
import { sleep } from '../../support/waiting.js';

afterEach(cleanUp);

describe('the time of a reading', () => {
  it('is that of one call, whatever it asks for', async () => {
    const deadlines: (number | undefined)[] = [];
    let now = 0;
    const source = new BalanceSource(
      {
        credits: {
          getCredits: ({ deadlineMs }) => {
            deadlines.push(deadlineMs);
            now += 1_950;
            return Promise.reject(failure(403));
          },
        },
        apiKeys: {
          getCurrent: ({ deadlineMs }) => {
            deadlines.push(deadlineMs);
            return Promise.resolve({ limitRemaining: 1 });
          },
        },
      },
      { separate: false, management: false },
      { now: () => now, wallNow: () => 0, random: () => 0 },
      () => undefined,
    );
    await source.read({ deadlineMs: 2_000 });
    source.forget();
    await source.read({ deadlineMs: 1_000 });
    source.forget();
    await source.read({});
    expect(deadlines).toEqual([2_000, 50, 1_000, 1, undefined, undefined]);
  });

  it('is that of one call over HTTP, too', async () => {
    const server = await startServer((request, response) => {
      if (request.path.endsWith('/credits')) {
        void sleep(100).then(() => sendError(response, 403));
      }
      // `/key` never answers.
    });
    const errors = await Promise.all(
      (['get', 'refresh', 'forecast'] as const).map((method) => {
        const options = { managementKey: undefined, deadlineMs: 3_000, timeoutMs: 60_000 };
        return failureOf(clientOf(server, { ...options, retry: false }).balance[method](), 30_000);
      }),
    );
    for (const error of errors as OpenRouterTimeoutException[]) {
      expect(error.message).toContain('apiKeys.getCurrent: OpenRouter took longer than `deadlineMs`');
      // However slow this machine is, no more is given than what was left.
      expect(error.timeoutMs).toBeLessThan(2_950);
    }
  }, 40_000);

  it('is that of one call for a forecast, which asks for everything at once', async () => {
    let asked = (): void => undefined;
    const activity = new Promise<void>((resolve) => (asked = resolve));
    const server = await startServer((request, response) => {
      if (request.path.startsWith('/api/v1/activity')) {
        asked();
        sendJson(response, { data: [] });
      } else {
        void activity.then(() => sendJson(response, { data: { total_credits: 5, total_usage: 1 } }));
      }
    });
    const { balance } = clientOf(server, { apiKey: undefined, deadlineMs: 60_000, timeoutMs: 60_000 });
    await expect(balance.forecast()).resolves.toMatchObject({ spendable: 4, basedOnDays: 0 });
  });
});

describe('the time that a store takes', () => {
  beforeEach(fakeTime);
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is a part of it', async () => {
    const account = new SimulatedAccount();
    const store = new InMemoryBalanceStore();
    // Every reading is waited for once it is a minute old.
    const options = { deadlineMs: 2_000, staleWhileRevalidateMs: 0 };
    const { reader } = replicaOf(account, { store, ...options });
    await reader.get();
    await jest.advanceTimersByTimeAsync(70_000);
    let isSlow = true;
    const slow = replicaOf(account, {
      ...options,
      store: storeWith(store, 'read', async (name) => {
        if (isSlow) await pause(200);
        return store.read(name);
      }),
    });
    isSlow = false;
    await slow.reader.get();
    isSlow = true;
    await jest.advanceTimersByTimeAsync(70_000);
    await settle(slow.reader.get());
    // Once to look for a flight, once more for one that has just landed.
    expect(account.deadlines.at(-1)).toBeLessThanOrEqual(2_000 - 2 * 200);
    await settle(Promise.all([slow.reader.close(), reader.close()]));
    expect(jest.getTimerCount()).toBe(0);
  });
});
