// What the programs do that send the completions they are told, each on a store of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenRouterClient } from 'nestjs-openrouter';

/**
 * Sends completions under spend limits once it is told them, and tells their statuses.
 *
 * @param close - Ends the connection of the store.
 */
export function runSpending(options, store, close) {
  const client = new OpenRouterClient({ ...options, spendLimits: { ...options.spendLimits, store } });

  /** @returns the status of the answer, or 0 without one. */
  async function complete({ scope, holdUsd, body }) {
    const fetch = client.metering.fetchFor(scope, { holdUsd });
    try {
      const answer = await fetch(`${options.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${options.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'openai/gpt-5-mini',
          messages: [{ role: 'user', content: 'Hi' }],
          ...body,
        }),
      });
      const text = await answer.text();
      return { status: answer.status, isStoreAway: text.includes('application_spend_store') };
    } catch {
      return { status: 0, isStoreAway: false };
    }
  }

  /** On a busy machine, a store that is well may be too slow; those who ask at once again keep it so. */
  async function completeAnyway(call) {
    for (let pauseMs = 250; ; pauseMs = Math.min(4_000, 2 * pauseMs)) {
      const { status, isStoreAway } = await complete(call);
      if (!isStoreAway) return status;
      await sleep(pauseMs * (0.5 + Math.random()));
    }
  }

  process.once('message', async (calls) => {
    // The first ones are of all kinds, and none of them is to be refused.
    const first = calls.splice(0, 7).map(completeAnyway);
    await sleep(300);
    const statuses = await Promise.all([...first, ...calls.map(completeAnyway)]);
    await client.metering.settled();
    await client.close();
    await close();
    process.send(statuses, () => process.disconnect());
  });
  process.send('ready');
}
