import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { skipReason } from '../../errors/clients.js';
import { withoutKeyInEnvironment } from '../../support/environment.js';
import { cleanUp } from '../../support/servers.js';
import { chatOpenAi, METERED_CLIENTS, type MeteredClient, type Wiring } from './metered-clients.js';
import { type MeteredStage, startMeteredStage } from './stages.js';

const TENANTS = ['acme', 'globex', 'initech', 'umbrella'] as const;

let putKeyBack: () => void;
let stage: MeteredStage;

beforeAll(async () => {
  putKeyBack = withoutKeyInEnvironment();
  stage = await startMeteredStage();
  stage.sandbox.onCompletion(() => ({ chunks: 3, chunkDelayMs: 1 }));
});

afterEach(() => {
  stage.costs.length = 0;
});

afterAll(async () => {
  putKeyBack();
  await cleanUp();
});

function wiringOf(tenant: string, fetch: typeof globalThis.fetch): Wiring {
  const { sandbox, tap } = stage;
  return { baseUrl: tap.baseUrl, apiKey: sandbox.apiKey, fetch, user: tenant, maxRetries: 0 };
}

async function completeTwice(client: MeteredClient, wiring: Wiring): Promise<void> {
  await client.complete(wiring);
  for await (const _part of await client.stream(wiring));
}

/** For whom the server has billed each completion, and for whom the meter has. */
async function bills(): Promise<(readonly [billed: string | undefined, metered: string | undefined])[]> {
  const { costs, openRouter, sandbox } = stage;
  await openRouter.metering.settled();
  const userOf = new Map(sandbox.charges.map(({ generationId, user }) => [generationId, user]));
  return costs.map(({ generationId = '', scope }) => [userOf.get(generationId), scope['tenant']]);
}

/** Two completions for each tenant, each billed to the tenant that it was for. */
const RIGHT = TENANTS.flatMap((tenant) => [
  [tenant, tenant],
  [tenant, tenant],
]);

describe.each(METERED_CLIENTS)('$name, for several tenants at once', (client) => {
  const itWorks = skipReason(client) === undefined ? it : it.skip;

  itWorks('spends for the scope that it is called in', async () => {
    const { metering } = stage.openRouter;
    await Promise.all(
      TENANTS.map((tenant) =>
        metering.run({ tenant }, () => completeTwice(client, wiringOf(tenant, metering.fetch))),
      ),
    );
    expect((await bills()).sort()).toEqual(RIGHT);
  });

  itWorks('spends for the scope that its fetch is bound to, whatever it is called in', async () => {
    const { metering } = stage.openRouter;
    await metering.run({ tenant: 'somebody else' }, () =>
      Promise.all(
        TENANTS.map((tenant) => completeTwice(client, wiringOf(tenant, metering.fetchFor({ tenant })))),
      ),
    );
    expect((await bills()).sort()).toEqual(RIGHT);
  });
});

describe('ChatOpenAI with `maxConcurrency`', () => {
  const isLangChain = ({ name }: MeteredClient): boolean => name === '@langchain/openai';
  const itWorks = skipReason(METERED_CLIENTS.find(isLangChain)!) === undefined ? it : it.skip;
  const modelWith = async (fetch: typeof globalThis.fetch) => chatOpenAi(wiringOf('', fetch), 1);

  /** What was asked in each completion, and for whom the meter has counted it. */
  async function questions(): Promise<(readonly [asked: string, metered: string | undefined])[]> {
    const { costs, openRouter, tap } = stage;
    await openRouter.metering.settled();
    return costs.map(({ generationId, scope }) => {
      const exchange = tap.exchanges.find(
        ({ answerHeaders }) => answerHeaders['x-generation-id'] === generationId,
      );
      const { messages } = JSON.parse(exchange?.body ?? '') as { messages: { content: string }[] };
      return [messages[0]?.content ?? '', scope['tenant']] as const;
    });
  }

  // Why the guide says not to do so: the queue starts a waiting task inside the one that has just ended.
  itWorks('counts for the wrong tenant where one model serves several ambient scopes', async () => {
    const { metering } = stage.openRouter;
    const model = await modelWith(metering.fetch);
    await Promise.all(TENANTS.map((tenant) => metering.run({ tenant }, () => model.invoke(tenant))));
    expect((await questions()).filter(([asked, counted]) => asked !== counted)).not.toEqual([]);
  });

  itWorks('counts for the right tenant with a model for each, whose fetch is bound', async () => {
    const { metering } = stage.openRouter;
    await Promise.all(
      TENANTS.map(async (tenant) => {
        const model = await modelWith(metering.fetchFor({ tenant }));
        await Promise.all([model.invoke(tenant), model.invoke(tenant)]);
      }),
    );
    expect((await questions()).sort()).toEqual(RIGHT);
  });
});
