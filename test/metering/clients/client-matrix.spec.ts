import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sumUsd } from '../../../lib/money/usd.js';
import { type ClientOutcome, outcomeOf, skipReason } from '../../errors/clients.js';
import { withoutKeyInEnvironment } from '../../support/environment.js';
import { cleanUp } from '../../support/servers.js';
import { type Ending, ENDINGS } from './endings.js';
import { METERED_CLIENTS, type MeteredClient } from './metered-clients.js';
import { completionsIn, type MeteredStage, type Stage, startMeteredStage, startStage } from './stages.js';
import type { Exchange } from './tap.js';

const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

let putKeyBack: () => void;
let plain: Stage;
let metered: MeteredStage;

beforeAll(async () => {
  putKeyBack = withoutKeyInEnvironment();
  [plain, metered] = await Promise.all([startStage(), startMeteredStage()]);
});

afterAll(async () => {
  putKeyBack();
  await cleanUp();
});

/** Two runs that are the same differ in their ids and times. */
function withoutChance(value: unknown): unknown {
  const text = JSON.stringify(value ?? null);
  return JSON.parse(
    text
      .replace(/\b(?:gen|msg|resp|req)[-_][\w-]{8,}/g, 'ID')
      .replace(/\b((?:created|completed)(?:_at|At)?\\?":)[\d.]+/g, '$10'),
  ) as unknown;
}

function seenBy({ thrown, value }: ClientOutcome): unknown {
  if (thrown === undefined) return withoutChance(value);
  const { name, message, status, error } = thrown as Error & { status?: number; error?: unknown };
  return withoutChance({ name, message, status, error });
}

/** What the server gets, but for what names the host and the key. */
function requestOf({ method, path, headers, body }: Exchange): unknown {
  const { host: _host, authorization, 'x-api-key': key, ...others } = headers;
  return { method, path, hasKey: authorization !== undefined, key, others, body };
}

function answerOf({ status, answerHeaders, answer }: Exchange): unknown {
  const { date: _date, 'cf-ray': _ray, 'content-length': _length, ...headers } = answerHeaders;
  return withoutChance({ status, headers, text: answer.toString('latin1') });
}

async function perform(
  { sandbox, tap }: Stage,
  client: MeteredClient,
  { decision, rule, maxRetries = 0, run }: Ending,
  user: string,
  fetch: typeof globalThis.fetch | undefined,
): Promise<ClientOutcome> {
  const { baseUrl } = tap;
  const { apiKey } = sandbox;
  sandbox.onCompletion(() => decision);
  tap.rule = rule;
  tap.exchanges.length = 0;
  return outcomeOf(run(client, { baseUrl, apiKey, fetch, user, maxRetries }));
}

/** Under Jest on Node 24, `ai` leaves a rejection unhandled when it is aborted, with plain `fetch` as well. */
function isBrokenByItself({ name }: MeteredClient, ending: Ending): boolean {
  return name === 'ai' && ending.name === 'a stream that is aborted' && NODE_MAJOR >= 24;
}

describe.each(METERED_CLIENTS)('$name', (client) => {
  const reason = skipReason(client);
  const itWorks = reason === undefined ? it : it.skip;

  describe.each(ENDINGS)('$name', (ending) => {
    const itEnds = isBrokenByItself(client, ending) ? it.skip : itWorks;

    itEnds('costs what it was billed, and is the same as without the meter', async () => {
      const user = `${client.name}, ${ending.name}`;
      const { openRouter, sandbox, costs } = metered;
      costs.length = 0;
      const before = sandbox.charges.length;
      const [expected, actual] = await Promise.all([
        perform(plain, client, ending, user, undefined),
        openRouter.metering.run({ user }, () =>
          perform(metered, client, ending, user, openRouter.metering.fetch),
        ),
      ]);
      await openRouter.metering.settled();

      expect(seenBy(actual)).toEqual(seenBy(expected));
      expect(completionsIn(metered.tap).map(requestOf)).toEqual(completionsIn(plain.tap).map(requestOf));
      if (ending.isLeft !== true) {
        expect(completionsIn(metered.tap).map(answerOf)).toEqual(completionsIn(plain.tap).map(answerOf));
      }

      const charges = sandbox.charges.slice(before);
      const wanted = ending.costs(client);
      expect(charges).toHaveLength(wanted.length);
      const told = charges.map(({ generationId }) =>
        costs.find((cost) => cost.generationId === generationId),
      );
      expect(costs).toHaveLength(charges.length);
      expect(told).toMatchObject(
        charges.map(({ usd, model }, index) => ({ usd, model, scope: { user }, ...wanted[index] })),
      );
      expect(charges.map((charge) => charge.user)).toEqual(charges.map(() => user));
      expect(sumUsd(costs.map(({ usd }) => usd ?? NaN))).toBe(sumUsd(charges.map(({ usd }) => usd)));
    });
  });
});
