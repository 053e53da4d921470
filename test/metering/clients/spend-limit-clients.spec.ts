import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { classifyOpenRouterError } from '../../../lib/errors/index.js';
import { InMemorySpendStore } from '../../../lib/spend-limits/in-memory-spend-store.js';
import { outcomeOf, skipReason } from '../../errors/clients.js';
import { NOON_ZONE } from '../../spend-limits/support/noon-zone.js';
import { withoutKeyInEnvironment } from '../../support/environment.js';
import { cleanUp } from '../../support/servers.js';
import { METERED_CLIENTS, type Wiring } from './metered-clients.js';
import { type MeteredStage, startMeteredStage } from './stages.js';

/** A store that counts how often it was asked to reserve. */
class CountingStore extends InMemorySpendStore {
  reservations = 0;

  override reserve(
    ...args: Parameters<InMemorySpendStore['reserve']>
  ): ReturnType<InMemorySpendStore['reserve']> {
    this.reservations += 1;
    return super.reserve(...args);
  }
}

const store = new CountingStore();

let putKeyBack: () => void;
let stage: MeteredStage;

beforeAll(async () => {
  putKeyBack = withoutKeyInEnvironment();
  const rules = [
    {
      by: 'tenant',
      usd: ({ tenant }: Record<string, string>) => (tenant === 'poor' ? 0 : 5),
      period: 'day' as const,
      timeZone: NOON_ZONE,
    },
  ];
  stage = await startMeteredStage({}, { rules, store });
});

afterAll(async () => {
  putKeyBack();
  await cleanUp();
});

async function partsOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

describe.each(METERED_CLIENTS)('$name, under a spend limit', (client) => {
  const itWorks = skipReason(client) === undefined ? it : it.skip;

  const ways: readonly [string, (wiring: Wiring) => Promise<unknown>][] = [
    ['JSON', (wiring) => client.complete(wiring)],
    ['a stream', async (wiring) => partsOf(await client.stream(wiring))],
  ];

  itWorks.each(ways)(
    'is refused by one call of the store and none of OpenRouter, and shows why: %s',
    async (_name, ask) => {
      const { openRouter, sandbox, tap, costs } = stage;
      store.reservations = 0;
      const reports = jest.spyOn(openRouter.balance, 'reportError');
      const fetch = openRouter.metering.fetchFor({ tenant: 'poor' });
      const { thrown } = await outcomeOf(
        ask({ baseUrl: tap.baseUrl, apiKey: sandbox.apiKey, fetch, user: 'u1', maxRetries: 2 }),
      );
      expect((thrown as Error).message).toContain("The spend limit 'tenant per day'");
      expect(store.reservations).toBe(1);
      expect(tap.exchanges).toEqual([]);
      expect(costs).toEqual([]);
      expect(reports).not.toHaveBeenCalled();
      reports.mockRestore();
      if (client.name !== 'fetch') expect(classifyOpenRouterError(thrown).kind).toBe('spend-limit');
    },
  );

  itWorks.each(ways)('is booked at what it was billed: %s', async (_name, ask) => {
    const { openRouter, sandbox, tap, costs } = stage;
    const tenant = `${client.name} ${_name}`;
    const fetch = openRouter.metering.fetchFor({ tenant });
    const charged = sandbox.charges.length;
    await ask({ baseUrl: tap.baseUrl, apiKey: sandbox.apiKey, fetch, user: 'u1', maxRetries: 0 });
    await openRouter.metering.settled();
    const billed = sandbox.charges.slice(charged).reduce((sum, { usd }) => sum + usd, 0);
    expect(billed).toBeGreaterThan(0);
    expect(await openRouter.spendLimits.usage({ tenant })).toMatchObject([
      { spentUsd: billed, heldUsd: 0, unsettledUsd: 0 },
    ]);
    tap.exchanges.length = 0;
    costs.length = 0;
  });
});
