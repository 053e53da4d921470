import { expect } from '@jest/globals';
import type { SpendUsage } from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { Replica } from '../../support/replica.js';
import { until } from '../../support/waiting.js';
import { NOON_ZONE } from './noon-zone.js';

const HOUR_MS = 3_600_000;

/** The store's time is in none of the windows that the first and the last one send at first. */
const SHIFTS_MS = [-60, -5, 5, 60].map((hours) => hours * HOUR_MS);

/**
 * Lets processes with clocks that are days apart send twice as many completions as fit into a day.
 *
 * @param place - Where the program finds its store.
 */
export async function expectOneDay(program: string, place: object): Promise<void> {
  const sandbox = await OpenRouterSandbox.start({ completionCost: 0.1 });
  const { apiKey, baseUrl } = sandbox;
  const rules = [{ by: 'tenant', usd: 5, period: 'day', timeZone: NOON_ZONE }];
  const options = { apiKey, baseUrl, spendLimits: { rules, holdUsd: 0.1 } };
  const replicas = SHIFTS_MS.map((shiftMs) => new Replica(program, { ...place, options }, shiftMs));
  try {
    await Promise.all(replicas.map((one) => one.ready()));
    const days = await Promise.all(replicas.map((one) => one.tell<string>('today')));
    expect(new Set(days).size).toBeGreaterThan(2);
    // Each of them finds the day, whatever its own clock shows, and finds it again once it knows the store's clock.
    for (const one of [...replicas, ...replicas]) {
      await until(async () => (await one.tell<number[]>('complete', { times: 1 })).includes(200));
    }
    await Promise.all(replicas.map((one) => one.tell('complete', { times: 25 })));
    const [first] = replicas as [Replica];
    // On a busy machine some were refused because the store did not answer in time.
    await until(async () => {
      await first.tell('complete', { times: 1 });
      const usage = await first.tell<SpendUsage>('usage').catch(() => undefined);
      return usage?.heldUsd === 0 && usage.spentUsd >= 4.95;
    }, 30_000);
    await Promise.all(replicas.map((one) => one.tell('complete', { times: 1 })));
    expect(sandbox.charges).toHaveLength(50);
    for (const one of replicas) {
      let usage: SpendUsage | undefined;
      await until(async () => {
        usage = await one.tell<SpendUsage>('usage').catch(() => undefined);
        return usage !== undefined;
      });
      const { spentUsd, heldUsd, from, resetsAt } = usage!;
      expect([spentUsd, heldUsd]).toEqual([5, 0]);
      expect(Date.parse(String(from))).toBeLessThan(Date.now());
      expect(Date.parse(String(resetsAt))).toBeGreaterThan(Date.now());
    }
  } finally {
    await Promise.all(replicas.map((one) => one.end()));
    await sandbox.stop();
  }
}
