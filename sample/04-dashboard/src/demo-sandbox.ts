import { ApiKeysService, OpenRouterClient } from 'nestjs-openrouter';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { COMPLETION_USD, STREAM_CHUNKS, STREAM_USD } from './completions/prices.js';
import { MODELS } from './models.js';

const DAY_MS = 86_400_000;
const DAYS_OF_HISTORY = 30;

/** Slow enough to see what is held for a stream. */
const STREAM_CHUNK_DELAY_MS = 500;

/** The balance at the start: enough for a while, and little enough to run out. */
const DOLLARS_LEFT = 12;

/** The additional keys, each with its share of the spend. */
const KEYS = [
  { name: 'Search team', limit: 60, limitReset: 'monthly', part: 0.42 },
  { name: 'Support bot', limit: 5, limitReset: 'daily', part: 0.27 },
  { name: 'Nightly reports', limit: 12, limitReset: 'weekly', part: 0.2 },
  { name: 'Mobile app', limit: 50, limitReset: null, part: 0.11 },
] as const;

/** Starts an account with a month of history, the same at every start. */
export async function startDemoSandbox(): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start({
    credits: { totalCredits: 0, totalUsage: 0 },
    completionCost: COMPLETION_USD,
    // The real API knows a generation after some seconds. Each question before that would show as a failed request.
    generationMisses: 0,
  });
  sandbox.onCompletion(({ body }) => {
    const isStream = typeof body === 'object' && body !== null && 'stream' in body && body.stream === true;
    return isStream
      ? { usd: STREAM_USD, chunks: STREAM_CHUNKS, chunkDelayMs: STREAM_CHUNK_DELAY_MS }
      : undefined;
  });
  await using client = new OpenRouterClient({
    managementKey: sandbox.managementKey,
    baseUrl: sandbox.baseUrl,
  });
  spendAMonth(sandbox, await createKeys(client, sandbox));
  const { totalUsage } = await client.credits.getCredits();
  sandbox.topUp(Math.ceil(totalUsage) + DOLLARS_LEFT);
  // The spend of the month varies by up to a dollar with its weekends. The balance at the start must not.
  const { balance } = await client.credits.getCredits();
  if (balance > DOLLARS_LEFT) sandbox.spend(balance - DOLLARS_LEFT);
  await client.budgets.set('default', 'monthly', { limitUsd: 200 });
  await client.budgets.set('default', 'weekly', { limitUsd: 60 });
  await client.budgets.set('default', 'daily', { limitUsd: 25 });
  sandbox.clearRequests();
  return sandbox;
}

interface Spender {
  readonly keyHash: string;
  readonly part: number;
}

async function createKeys(client: OpenRouterClient, { apiKey }: OpenRouterSandbox): Promise<Spender[]> {
  await client.apiKeys.update(ApiKeysService.hashOf(apiKey), { name: 'This dashboard' });
  const old = await client.apiKeys.create({ name: 'Old prototype', limit: 10 });
  await client.apiKeys.update(old.apiKey.hash, { disabled: true });
  const spenders: Spender[] = [];
  for (const { part, ...key } of KEYS) {
    const { apiKey: created } = await client.apiKeys.create(key);
    spenders.push({ keyHash: created.hash, part });
  }
  return spenders;
}

/** Includes today, which the activity shows only tomorrow. */
function spendAMonth(sandbox: OpenRouterSandbox, spenders: readonly Spender[]): void {
  const random = repeatableRandom(20);
  const now = Date.now();
  for (let daysAgo = DAYS_OF_HISTORY; daysAgo >= 0; daysAgo -= 1) {
    const at = new Date(now - daysAgo * DAY_MS);
    const isWeekend = at.getUTCDay() % 6 === 0;
    const size = (isWeekend ? 0.35 : 1) * (0.6 + 0.8 * random()) * (daysAgo === 0 ? 0.5 : 1);
    for (const { model, usualUsd } of MODELS) {
      const usd = usualUsd * size * (0.5 + random());
      for (const { keyHash, part } of spenders) {
        const requests = Math.ceil((usd * part) / 0.004);
        sandbox.spend(roundUsd(usd * part), {
          model,
          keyHash,
          at,
          requests,
          promptTokens: requests * 900,
          completionTokens: requests * 250,
        });
      }
    }
  }
}

/** Rounds to hundredths of a cent. */
function roundUsd(usd: number): number {
  return Math.round(usd * 10_000) / 10_000;
}

/** Numbers from 0 to 1, in the same order at every start (mulberry32). */
function repeatableRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
