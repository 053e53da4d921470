import { afterEach } from '@jest/globals';
import {
  type CompletionCost,
  InMemorySpendStore,
  OpenRouterClient,
  type OpenRouterInstrumentation,
  type SpendAlert,
  type SpendLimitRule,
  type SpendLimitsOptions,
  type SpendStore,
} from '../../../lib/index.js';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../../lib/testing/index.js';
import { NOON_ZONE } from './noon-zone.js';

/** What a test has opened, closed after it, the last first. */
export const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

export const TENANT: SpendLimitRule = { by: 'tenant', usd: 5, period: 'day', timeZone: NOON_ZONE };
export const ACME = { tenant: 'acme' };

/** The status of an answer that was read: one that is not read would stay open. */
export async function statusOf(asked: Promise<Response>): Promise<number> {
  const answer = await asked;
  await answer.text();
  return answer.status;
}

export interface Limited {
  readonly sandbox: OpenRouterSandbox;
  readonly client: OpenRouterClient;
  readonly costs: CompletionCost[];
  readonly alerts: SpendAlert[];
  readonly ask: (scope?: Record<string, string>, stream?: boolean) => Promise<Response>;
}

/** A client with spend limits on a sandbox of its own. */
export async function limited(
  spendLimits: SpendLimitsOptions,
  sandboxOptions: OpenRouterSandboxOptions = {},
  instrumentation?: OpenRouterInstrumentation,
): Promise<Limited> {
  const sandbox = await OpenRouterSandbox.start({ completionCost: 0.1, ...sandboxOptions });
  closers.push(() => sandbox.stop());
  const { baseUrl, apiKey } = sandbox;
  const client = new OpenRouterClient({
    apiKey,
    baseUrl,
    spendLimits,
    metering: { lookupDelaysMs: [1, 5, 20] },
    ...(instrumentation !== undefined && { instrumentation }),
  });
  closers.push(() => client.close());
  const costs: CompletionCost[] = [];
  const alerts: SpendAlert[] = [];
  client.metering.costs$.subscribe((cost) => costs.push(cost));
  client.spendLimits.alerts$.subscribe((alert) => alerts.push(alert));
  const ask = (scope: Record<string, string> | undefined = ACME, stream = false): Promise<Response> => {
    const fetch = client.metering.fetchFor(scope);
    return fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai/gpt-5-mini',
        stream,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    });
  };
  return { sandbox, client, costs, alerts, ask };
}

/** A store that fails while it is down, like one whose server is away. */
export function failingStore(inner: SpendStore = new InMemorySpendStore()): {
  store: SpendStore;
  isDown: boolean;
} {
  const state = { isDown: true, store: inner };
  state.store = new Proxy(inner, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      return typeof method !== 'function'
        ? method
        : (...args: unknown[]): unknown =>
            state.isDown
              ? Promise.reject(new Error('redis://:secret@host is away'))
              : Reflect.apply(method, target, args);
    },
  });
  return state;
}
