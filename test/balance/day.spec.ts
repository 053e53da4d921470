import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BalanceAlert } from '../../lib/index.js';
import { usedHeap } from './support/heap.js';
import { failure, fakeTime, replicaOf, SimulatedAccount } from './support/simulated-account.js';

beforeEach(fakeTime);
afterEach(() => {
  jest.useRealTimers();
});

const MINUTE = 60_000;
const STEP_MS = 2_000;
const SPENT_PER_STEP = 0.001;

interface Event {
  /** Hours and minutes. */
  readonly at: string;
  /** What happens at OpenRouter. */
  readonly does: (account: SimulatedAccount) => void;
  /** The alert that must follow within a poll or two, or none. */
  readonly alert?: { readonly type: BalanceAlert['type']; readonly threshold?: number };
}

/** Makes what is left this much. */
const leave = (usd: number) => (account: SimulatedAccount) => {
  account.credits.totalCredits = account.credits.totalUsage + usd;
};
const fail = (fault: Error | undefined) => (account: SimulatedAccount) => {
  account.fault = fault;
};
const answer = fail(undefined);
const LOW = 20;
const CRITICAL = 5;

/** The model: what happens in a day, and what somebody on call has to be told of it. */
const DAY: readonly Event[] = [
  { at: '02:00', does: leave(19), alert: { type: 'low', threshold: LOW } },
  // Above the threshold, but not clearly.
  { at: '02:30', does: leave(21.9) },
  { at: '03:00', does: leave(15) },
  { at: '03:30', does: leave(50), alert: { type: 'recovered', threshold: LOW } },
  { at: '04:00', does: leave(19), alert: { type: 'low', threshold: LOW } },
  { at: '05:00', does: fail(failure(503)), alert: { type: 'unavailable' } },
  { at: '05:20', does: answer, alert: { type: 'recovered' } },
  { at: '06:00', does: leave(2), alert: { type: 'critical', threshold: CRITICAL } },
  { at: '06:30', does: leave(5.3) },
  { at: '07:00', does: leave(10), alert: { type: 'recovered', threshold: CRITICAL } },
  { at: '07:30', does: leave(-3), alert: { type: 'critical', threshold: CRITICAL } },
  { at: '08:00', does: leave(100), alert: { type: 'recovered', threshold: LOW } },
  // Both at once.
  { at: '09:00', does: leave(1), alert: { type: 'critical', threshold: CRITICAL } },
  { at: '10:00', does: fail(failure(500)), alert: { type: 'unavailable' } },
  // Nobody can know of it before the outage is over.
  { at: '10:20', does: leave(200) },
  { at: '11:30', does: answer, alert: { type: 'recovered', threshold: LOW } },
  { at: '13:00', does: fail(failure(401)), alert: { type: 'unavailable' } },
  { at: '13:10', does: fail(failure(503)) },
  { at: '13:20', does: answer, alert: { type: 'recovered' } },
  { at: '14:00', does: fail(failure(429, 10 * MINUTE)), alert: { type: 'unavailable' } },
  { at: '14:01', does: leave(3) },
  { at: '14:02', does: answer },
  { at: '14:10', does: () => undefined, alert: { type: 'critical', threshold: CRITICAL } },
  { at: '16:00', does: leave(1_000_000), alert: { type: 'recovered', threshold: LOW } },
];

function minutesOf({ at }: Event): number {
  const [hours, minutes] = at.split(':').map(Number) as [number, number];
  return hours * 60 + minutes;
}

describe('24 hours', () => {
  it('bring the alerts of the model, in time, and no others; and memory stays flat', async () => {
    const account = new SimulatedAccount();
    account.latencyMs = 200;
    const { reader, watch } = replicaOf(account, {
      thresholds: { low: LOW, critical: CRITICAL, hysteresis: 0.1 },
      random: Math.random,
    });
    const alerts: BalanceAlert[] = [];
    const balances: unknown[] = [];
    watch.alerts$.subscribe((alert) => alerts.push(alert));
    watch.changes$.subscribe(({ balance }) => {
      balances[0] = balance;
    });
    const startedAt = Date.now();
    const told: string[] = [];
    let heapAfterAnHour = 0;
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      for (const event of DAY.filter((candidate) => minutesOf(candidate) === minute)) {
        event.does(account);
      }
      for (let ms = 0; ms < MINUTE; ms += STEP_MS) {
        account.credits.totalUsage += SPENT_PER_STEP;
        account.credits.totalCredits += SPENT_PER_STEP;
        reader.recordSpend(SPENT_PER_STEP);
        await jest.advanceTimersByTimeAsync(STEP_MS);
      }
      for (const { type, threshold, at } of alerts.splice(0)) {
        told.push([Math.floor((at.getTime() - startedAt) / MINUTE), type, threshold].join(' '));
      }
      if (minute === 60) heapAfterAnHour = usedHeap();
    }
    const heapAtTheEnd = usedHeap();
    const expected = DAY.filter(({ alert }) => alert !== undefined);
    expect(told.map((text) => text.replace(/^\d+ /, ''))).toEqual(
      expected.map(({ alert }) => [alert!.type, alert!.threshold].join(' ')),
    );
    const late = expected.filter((event, index) => {
      const delay = Number(told[index]!.split(' ')[0]) - minutesOf(event);
      return delay < 0 || delay > 1;
    });
    expect(late).toEqual([]);
    // Some more for the outages, in which it is asked after a while instead of after an interval.
    expect(account.asked.length).toBeGreaterThan(24 * 60 * 0.95);
    expect(account.asked.length).toBeLessThan(24 * 60 * 1.1);
    expect(heapAtTheEnd - heapAfterAnHour).toBeLessThan(2_000_000);
    watch.end();
    // A reading may be under way, by the chance of its jitter.
    await jest.advanceTimersByTimeAsync(account.latencyMs);
    expect(jest.getTimerCount()).toBe(0);
  }, 240_000);

  it('cost no memory where spend is recorded and nobody asks for the balance', async () => {
    const { reader } = replicaOf(new SimulatedAccount());
    const spendFor = async (seconds: number): Promise<number> => {
      for (let second = 0; second < seconds; second += 1) {
        reader.recordSpend(SPENT_PER_STEP);
        await jest.advanceTimersByTimeAsync(1_000);
      }
      return usedHeap();
    };
    // As long as a store keeps it.
    const before = await spendFor(5_000);
    expect((await spendFor(20_000)) - before).toBeLessThan(1_500_000);
  }, 240_000);
});
