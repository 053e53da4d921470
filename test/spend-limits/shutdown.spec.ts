import { describe, expect, it } from '@jest/globals';
import {
  InMemorySpendStore,
  OpenRouterAbortException,
  OpenRouterClient,
  type SpendStore,
} from '../../lib/index.js';
import { until } from '../support/waiting.js';
import { ACME, closers, failingStore, limited, statusOf, TENANT } from './support/limited-client.js';

/** A store whose calls of one name wait until the test lets them go on. */
function haltingStore(name: keyof SpendStore, inner: SpendStore = new InMemorySpendStore()) {
  const waiting: (() => void)[] = [];
  const store = new Proxy(inner, {
    get(target, member) {
      const method: unknown = Reflect.get(target, member);
      return typeof method !== 'function'
        ? method
        : async (...args: unknown[]): Promise<unknown> => {
            if (member === name) await new Promise<void>((resolve) => waiting.push(resolve));
            return Reflect.apply(method, target, args) as unknown;
          };
    },
  });
  return { store, waiting };
}

describe('the meter is settled', () => {
  it('when the store has every bill, also one that it did not take at first', async () => {
    const away = failingStore();
    const { ask, client } = await limited({ rules: [TENANT], store: away.store, onStoreFailure: 'allow' });
    expect(await statusOf(ask())).toBe(200);
    let isSettled = false;
    const settled = client.metering.settled().then(() => (isSettled = true));
    await until(() => client.spendLimits.diagnostics?.waiting === 1);
    expect(isSettled).toBe(false);
    away.isDown = false;
    await settled;
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 0.1, heldUsd: 0 }]);
  });

  it('after what is given back, and what is recorded', async () => {
    const { ask, client, sandbox } = await limited({ rules: [TENANT] });
    sandbox.failNext({ path: '/chat/completions', status: 400 });
    expect(await statusOf(ask())).toBe(400);
    await client.metering.record({ usd: 0.5, scope: ACME });
    await client.metering.settled();
    expect(await client.spendLimits.usage(ACME)).toMatchObject([{ spentUsd: 0.5, heldUsd: 0 }]);
  });

  it('not while a completion waits for its reservation', async () => {
    const { store, waiting } = haltingStore('reserve');
    const { ask, client, sandbox } = await limited({ rules: [TENANT], store });
    const status = statusOf(ask());
    await until(() => waiting.length === 1);
    const settled = client.metering.settled();
    waiting.pop()?.();
    await settled;
    expect(sandbox.charges).toHaveLength(1);
    expect(await status).toBe(200);
  });
});

describe('at the end of an account', () => {
  it('a reservation goes on counting until its lease ends, and its bill is still booked', async () => {
    const store = new InMemorySpendStore();
    const { client, sandbox } = await limited({ rules: [TENANT], store });
    const { baseUrl, apiKey } = sandbox;
    const other = new OpenRouterClient({ apiKey, baseUrl, spendLimits: { rules: [TENANT], store } });
    closers.push(() => other.close());
    const late = await client.spendLimits.reserve(ACME, 1);
    const unused = await client.spendLimits.reserve(ACME, 2);
    await client.close();
    expect(await other.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 3 }]);
    await late.commit(1.5);
    await late.commit(9);
    await unused[Symbol.asyncDispose]();
    expect(await other.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0, spentUsd: 1.5 }]);
  });

  it('nothing is reserved any more', async () => {
    const { ask, client, sandbox } = await limited({ rules: [TENANT] });
    await client.close();
    await expect(client.spendLimits.reserve(ACME, 1)).rejects.toBeInstanceOf(OpenRouterAbortException);
    expect(await statusOf(ask())).toBe(402);
    expect(sandbox.charges).toEqual([]);
  });

  it('what is being reserved is given back', async () => {
    const inner = new InMemorySpendStore();
    const { store, waiting } = haltingStore('reserve', inner);
    const { client, sandbox } = await limited({ rules: [TENANT], store });
    const reserving = client.spendLimits.reserve(ACME, 1);
    await until(() => waiting.length === 1);
    const closing = client.close();
    waiting.pop()?.();
    await expect(reserving).rejects.toBeInstanceOf(OpenRouterAbortException);
    await closing;
    const { baseUrl, apiKey } = sandbox;
    const other = new OpenRouterClient({ apiKey, baseUrl, spendLimits: { rules: [TENANT], store: inner } });
    closers.push(() => other.close());
    expect(await other.spendLimits.usage(ACME)).toMatchObject([{ heldUsd: 0 }]);
  });
});

describe('a caller that leaves', () => {
  it('waits no longer, and what is reserved after that is released', async () => {
    const { store, waiting } = haltingStore('reserve');
    const { client } = await limited({ rules: [TENANT], store });
    const leaving = new AbortController();
    const reserving = client.spendLimits.reserve(ACME, 1, { signal: leaving.signal });
    await until(() => waiting.length === 1);
    leaving.abort();
    await expect(reserving).rejects.toMatchObject({ code: 'OPENROUTER_ABORTED', delivery: 'unknown' });
    waiting.pop()?.();
    await client.metering.settled();
    await until(async () => (await client.spendLimits.usage(ACME))[0]?.heldUsd === 0);
  });
});

describe('a warning whose claim was not answered', () => {
  it('is claimed under the same id, and sent once', async () => {
    const inner = new InMemorySpendStore();
    const claimed: string[] = [];
    const store = new Proxy(inner, {
      get(target, member) {
        const method: unknown = Reflect.get(target, member);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]): Promise<unknown> => {
          const answer = (await Reflect.apply(method, target, args)) as unknown;
          if (member === 'claimWarning' && claimed.push(String(args[3])) === 1) {
            throw new Error('the answer is lost');
          }
          return answer;
        };
      },
    });
    const { client, alerts } = await limited({ rules: [{ ...TENANT, warnAt: [0.5] }], store });
    await (await client.spendLimits.reserve(ACME, 3)).commit(3);
    await until(() => claimed.length === 1);
    await until(() => client.spendLimits.diagnostics?.storeUp === false);
    await client.spendLimits.adjust(ACME, 0.1, 'next');
    await until(() => alerts.length === 1);
    expect(new Set(claimed).size).toBe(1);
  });
});
