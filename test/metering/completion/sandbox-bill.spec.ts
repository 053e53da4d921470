import { afterEach, describe, expect, it } from '@jest/globals';
import type { CompletionCost } from '../../../lib/contracts/completion-cost.js';
import { sumUsd } from '../../../lib/money/usd.js';
import { OpenRouterSandbox, type SandboxCompletion } from '../../../lib/testing/index.js';
import { clientOf, cleanUp, endLater } from '../../support/servers.js';

afterEach(cleanUp);

/** How a client ends, and what the API does meanwhile. */
const ENDINGS: readonly { name: string; decision: SandboxCompletion; stream?: boolean; reads?: number }[] = [
  { name: 'a stream', decision: { usd: 0.011 } },
  { name: 'JSON', decision: { usd: 0.012 }, stream: false },
  { name: 'a stream without usage', decision: { usd: 0.013, usage: 'missing' } },
  { name: 'JSON without a cost', decision: { usd: 0.014, usage: 'null' }, stream: false },
  { name: 'an error in mid-stream', decision: { usd: 0.015, failAfter: 2 } },
  { name: 'a cut stream', decision: { usd: 0.016, cutAfter: 2 } },
  { name: 'a stream that is left', decision: { usd: 0.017, chunks: 50, chunkDelayMs: 2 }, reads: 2 },
  { name: 'a cache hit', decision: { isCacheHit: true } },
];

describe.each(['stops', 'full'] as const)(
  'the costs of completions whose provider bills a left one as %s',
  (billing) => {
    it('are what the sandbox bills, to the last digit, each for its scope', async () => {
      const sandbox = await OpenRouterSandbox.start();
      endLater(() => sandbox.stop());
      sandbox.cancelledBilling = billing;
      sandbox.generationDelayMs = 5;
      const decisions = new Map<string, SandboxCompletion>();
      sandbox.onCompletion(({ body }) => decisions.get((body as { user: string }).user));
      const client = clientOf(sandbox.baseUrl, {
        apiKey: sandbox.apiKey,
        managementKey: sandbox.managementKey,
        metering: { lookupDelaysMs: [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560] },
      });
      const costs: CompletionCost[] = [];
      client.metering.costs$.subscribe((cost) => costs.push(cost));

      const complete = async (
        user: string,
        { decision, stream = true, reads }: (typeof ENDINGS)[number],
      ): Promise<void> => {
        decisions.set(user, decision);
        const answer = await client.metering.fetchFor({ user })(`${sandbox.baseUrl}/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'openai/gpt-5-mini',
            user,
            stream,
            messages: [{ role: 'user', content: 'Hi' }],
          }),
        });
        if (reads === undefined) {
          await answer.text();
          return;
        }
        const reader = answer.body!.getReader();
        for (let count = 0; count < reads; count += 1) await reader.read();
        await reader.cancel();
      };
      await Promise.all(
        [0, 1, 2].flatMap((round) =>
          ENDINGS.map((ending, index) => complete(`u${index}r${round}`, ending).catch(() => undefined)),
        ),
      );
      await client.metering.settled();

      expect(costs).toHaveLength(sandbox.charges.length);
      const billed = new Map(
        sandbox.charges.map(({ generationId, usd, user }) => [generationId, { usd, user }]),
      );
      for (const { generationId, usd, scope } of costs) {
        expect({ usd, user: scope['user'] }).toEqual(billed.get(generationId ?? ''));
      }
      expect(sumUsd(costs.map(({ usd }) => usd ?? NaN))).toBe(sumUsd(sandbox.charges.map(({ usd }) => usd)));
      expect(new Set(costs.map(({ source }) => source))).toEqual(new Set(['answer', 'generation']));
    });
  },
);
