import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { InMemoryBalanceStore } from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { OpenRouterClient } from '../../../lib/index.js';

const METHODS = ['read', 'begin', 'end', 'write', 'invalidate', 'addSpend', 'claimAlert'] as const;

describe('without a shared store', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('there are no trips to one', async () => {
    const trips = METHODS.map((name) => jest.spyOn(InMemoryBalanceStore.prototype, name));
    const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 1 } });
    const { managementKey, baseUrl } = sandbox;
    const client = new OpenRouterClient({ managementKey, baseUrl, balance: { thresholds: { low: 5 } } });
    const { balance } = client;
    const alerts: string[] = [];
    balance.alerts$.subscribe(({ type }) => alerts.push(type));
    await balance.get();
    balance.recordSpend(1);
    balance.invalidate();
    sandbox.spend(6);
    await expect(balance.refresh()).resolves.toMatchObject({ balance: 3, spendable: 2 });
    expect(alerts).toEqual(['low']);
    await client.close();
    await sandbox.stop();
    expect(trips.map((trip) => trip.mock.calls.length)).toEqual(METHODS.map(() => 0));
    expect(balance.diagnostics.storeUp).toBeNull();
  });
});
