import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InMemoryBalanceStore } from '../../../lib/index.js';
import {
  failure,
  fakeTime,
  pass,
  replicaOf,
  SECOND,
  SimulatedAccount,
} from '../support/simulated-account.js';

let account: SimulatedAccount;

beforeEach(() => {
  fakeTime();
  account = new SimulatedAccount();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a poll', () => {
  it('leaves OpenRouter alone for as long as a failure of others asks for', async () => {
    const { reader, watch } = replicaOf(account);
    watch.changes$.subscribe();
    await pass(30 * SECOND);
    account.fault = failure(429, 600 * SECOND);
    await expect(reader.refresh(undefined)).rejects.toThrow();
    await pass(500 * SECOND);
    expect(account.asked).toHaveLength(2);
    await pass(101 * SECOND);
    expect(account.asked).toHaveLength(3);
    watch.end();
  });

  it('goes by what another process has just read', async () => {
    const store = new InMemoryBalanceStore();
    const replicas = Array.from({ length: 3 }, () => replicaOf(account, { store, random: Math.random }));
    for (const { watch } of replicas) watch.changes$.subscribe();
    await pass(10.5 * 60 * SECOND);
    expect(account.asked.length).toBeLessThanOrEqual(12);
    expect(account.asked.length).toBeGreaterThanOrEqual(10);
    for (const { watch } of replicas) watch.end();
  });
});

describe('changes$', () => {
  it('tells all subscribers the same, whoever comes when', async () => {
    const { watch } = replicaOf(account, { ttlMs: 10 * SECOND, staleWhileRevalidateMs: 0 });
    const told: boolean[][] = [[], []];
    watch.changes$.subscribe(({ stale }) => told[0]!.push(stale));
    await pass(0);
    // It has become stale, and nothing has happened that would tell of it.
    await pass(30 * SECOND);
    watch.changes$.subscribe(({ stale }) => told[1]!.push(stale));
    expect(told).toEqual([[false, true], [true]]);
    watch.end();
  });
});

describe('alerts$', () => {
  it('tells at once what is at hand, by an alert that no subscriber can change for the others', async () => {
    const { reader, watch } = replicaOf(account, { thresholds: { low: 200, hysteresis: 0.1 } });
    await reader.get();
    const types: string[] = [];
    watch.alerts$.subscribe(({ type, at }) => {
      types.push(type);
      expect(() => at.setTime(0)).toThrow(TypeError);
    });
    await pass(SECOND);
    expect(types).toEqual(['low']);
    watch.end();
  });
});
