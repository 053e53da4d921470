import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { InMemorySpendStore, OpenRouterClient } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { listenerLimitOf } from '../support/signals.js';

const CALLS = 40;

/** So slow that all reservations are under way at once. */
class SlowStore extends InMemorySpendStore {
  override async reserve(
    ...given: Parameters<InMemorySpendStore['reserve']>
  ): ReturnType<InMemorySpendStore['reserve']> {
    await new Promise(setImmediate);
    return super.reserve(...given);
  }
}

let sandbox: OpenRouterSandbox;
let client: OpenRouterClient;

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 100, totalUsage: 1 }, latencyMs: 5 });
  const { managementKey, apiKey, baseUrl } = sandbox;
  client = new OpenRouterClient({
    managementKey,
    apiKey,
    baseUrl,
    retry: false,
    spendLimits: {
      store: new SlowStore(),
      rules: [{ name: 'tenants', by: ['tenant'], period: 'day', usd: 50 }],
    },
  });
});

afterEach(async () => {
  await client.close();
  await sandbox.stop();
});

async function complete(signal: AbortSignal): Promise<void> {
  const response = await client.metering.fetch(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }),
    signal,
  });
  await response.text();
}

const SERVICES: Readonly<Record<string, (signal: AbortSignal) => Promise<unknown>>> = {
  'credits.getCredits': (signal) => client.credits.getCredits({ signal }),
  'credits.createCoinbaseCharge': (signal) => client.credits.createCoinbaseCharge({ amount: 5 }, { signal }),
  'apiKeys.getCurrent': (signal) => client.apiKeys.getCurrent({ signal }),
  'apiKeys.list': (signal) => client.apiKeys.list({}, { signal }),
  'apiKeys.findByName': (signal) => client.apiKeys.findByName('no such key', { signal }),
  'apiKeys.create': (signal) => client.apiKeys.create({ name: 'one' }, { signal }),
  'activity.list': (signal) => client.activity.list({}, { signal }),
  'generations.get': (signal) => client.generations.get('gen-1', { signal, waitMs: 20 }),
  'budgets.list': (signal) => client.budgets.list('default', { signal }),
  'balance.get': (signal) => client.balance.get({ signal, maxAgeMs: 0 }),
  'balance.refresh': (signal) => client.balance.refresh({ signal }),
  'balance.forecast': (signal) => client.balance.forecast({ signal }),
  'metering.fetch': (signal) => client.metering.run({ tenant: 'acme' }, () => complete(signal)),
  'metering.settled': async (signal) => {
    void client.metering.run({ tenant: 'acme' }, () => complete(new AbortController().signal));
    await new Promise(setImmediate);
    return client.metering.settled({ signal });
  },
  'spendLimits.reserve': async (signal) => {
    await using _reservation = await client.spendLimits.reserve({ tenant: 'acme' }, 0.01, { signal });
  },
};

/** Node's own `fetch` listens until its request is collected. */
function isOfFetch({ name }: { readonly name: string }): boolean {
  return name === 'abort';
}

describe('one signal of an application for all its calls', () => {
  it.each(Object.entries(SERVICES))('is neither warned of nor kept by %s', async (_name, call) => {
    const { signal } = new AbortController();
    // What is refused has used the signal as well.
    await Promise.allSettled(Array.from({ length: CALLS }, () => call(signal)));
    await client.metering.settled();
    expect(getEventListeners(signal, 'abort').filter((listener) => !isOfFetch(listener))).toEqual([]);
    expect(listenerLimitOf(signal)).toBe(0);
  });
});
