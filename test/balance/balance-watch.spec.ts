import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fakeTime, replicaOf, SimulatedAccount } from './support/simulated-account.js';

let account: SimulatedAccount;

beforeEach(() => {
  fakeTime();
  account = new SimulatedAccount();
});
afterEach(() => {
  jest.useRealTimers();
});

const SECOND = 1_000;
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

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
