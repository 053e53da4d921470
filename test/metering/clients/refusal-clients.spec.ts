import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { classifyOpenRouterError } from '../../../lib/errors/index.js';
import { outcomeOf, skipReason } from '../../errors/clients.js';
import { withoutKeyInEnvironment } from '../../support/environment.js';
import { cleanUp } from '../../support/servers.js';
import { METERED_CLIENTS, type Wiring } from './metered-clients.js';
import { type MeteredStage, startMeteredStage } from './stages.js';

let putKeyBack: () => void;
let stage: MeteredStage;

beforeAll(async () => {
  putKeyBack = withoutKeyInEnvironment();
  stage = await startMeteredStage({ onUnattributed: 'refuse' });
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

describe.each(METERED_CLIENTS)('$name, without a scope', (client) => {
  const itWorks = skipReason(client) === undefined ? it : it.skip;

  const ways: readonly [string, (wiring: Wiring) => Promise<unknown>][] = [
    ['JSON', (wiring) => client.complete(wiring)],
    ['a stream', async (wiring) => partsOf(await client.stream(wiring))],
  ];

  itWorks.each(ways)('is refused once, and shows why: %s', async (_name, ask) => {
    const { openRouter, sandbox, tap, costs } = stage;
    let calls = 0;
    const fetch: typeof globalThis.fetch = (input, init) => {
      calls += 1;
      return openRouter.metering.fetch(input, init);
    };
    const { thrown } = await outcomeOf(
      ask({ baseUrl: tap.baseUrl, apiKey: sandbox.apiKey, fetch, user: 'u1', maxRetries: 2 }),
    );
    expect((thrown as Error).message).toContain('@MeterAs');
    expect(calls).toBe(1);
    expect(tap.exchanges).toEqual([]);
    expect(costs).toEqual([]);
    if (client.name !== 'fetch') expect(classifyOpenRouterError(thrown).kind).toBe('unattributed');
  });

  itWorks('is sent with one', async () => {
    const { openRouter, sandbox, tap, costs } = stage;
    const { metering } = openRouter;
    const wiring = { baseUrl: tap.baseUrl, apiKey: sandbox.apiKey, user: 'u1', maxRetries: 0 };
    await metering.run({}, () => client.complete({ ...wiring, fetch: metering.fetch }));
    expect(costs).toMatchObject([{ scope: {}, outcome: 'complete' }]);
    tap.exchanges.length = 0;
    costs.length = 0;
  });
});
