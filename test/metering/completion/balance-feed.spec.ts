import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeysService } from '../../../lib/index.js';
import { OpenRouterSandbox } from '../../../lib/testing/index.js';
import { unattributed } from '../../../lib/metering/completion/unattributed.js';
import { cleanUp, endLater } from '../../support/servers.js';
import { until } from '../../support/waiting.js';
import { answer, type Meter, openCompletions, usage } from './support.js';

let sandbox: OpenRouterSandbox;

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 0 } });
  endLater(() => sandbox.stop());
});

afterEach(cleanUp);

const TENANT = 'ab'.repeat(32);

function openMeter(others: Parameters<typeof openCompletions>[1] = {}): Meter {
  const { apiKey, managementKey, baseUrl } = sandbox;
  return openCompletions(baseUrl, {
    account: { apiKey, managementKey, balance: { ttlMs: 60_000 } },
    ...others,
  });
}

const ownHash = (): string => ApiKeysService.hashOf(sandbox.apiKey);
const readings = (): number => sandbox.requests.filter(({ path }) => path.endsWith('/credits')).length;

describe('the balance', () => {
  it('falls by each cost at once, once', async () => {
    const { balance, open } = openMeter();
    expect((await balance.get()).estimated).toBe(10);
    const completion = open({ keyHash: ownHash() });
    completion.answered(answer());
    completion.told(usage({ usd: 0.25 }));
    expect(balance.peek()?.estimated).toBe(9.75);
    completion.told(usage({ usd: 0.25 }));
    completion.ended('complete');
    expect(balance.peek()?.estimated).toBe(9.75);
  });

  it('falls by what was recorded, once for each id', async () => {
    const { balance, completions } = openMeter();
    await balance.get();
    completions.record({ usd: 0.25, id: 'video-1' });
    completions.record({ usd: 0.25, id: 'video-1' });
    expect(balance.peek()?.estimated).toBe(9.75);
  });

  it('is told when a completion ended that was looked up', async () => {
    const spent: unknown[][] = [];
    const ids = await bill(0.5);
    const { completions, open } = openMeter({
      balance: { recordSpend: (...given: unknown[]) => void spent.push(given), reportError: () => undefined },
    });
    const completion = open({ keyHash: TENANT });
    completion.answered(answer({ generationId: ids[0] }));
    const endsAt = performance.now();
    completion.ended('aborted');
    await completions.settled();
    expect(spent).toEqual([[0.5, { keyHash: TENANT }, expect.any(Number)]]);
    expect(spent[0]?.[2]).toBeGreaterThan(0);
    expect(spent[0]?.[2]).toBeLessThanOrEqual(performance.now() - endsAt + 1);
  });

  it('is told nothing of a cost that is unknown or 0', async () => {
    const spent: unknown[][] = [];
    const { completions, costs, open } = openMeter({
      balance: { recordSpend: (...given: unknown[]) => void spent.push(given), reportError: () => undefined },
    });
    const free = open();
    free.answered(answer());
    free.told(usage({ usd: 0 }));
    free.ended('complete');
    const lost = open();
    lost.answered(answer({ generationId: 'gen-nobody-knows' }));
    lost.ended('failed');
    await completions.settled();
    expect(costs).toHaveLength(2);
    expect(spent).toEqual([]);
  });

  it('loses no money of a tenant’s key from the limit of the own key, and none of another account', async () => {
    const otherAccounts = 'cd'.repeat(32);
    const { balance, open } = openMeter({
      isOfOtherAccount: (hash) => hash === otherAccounts || hash === ownHash(),
    });
    await balance.get();
    for (const keyHash of [otherAccounts, TENANT, ownHash(), undefined]) {
      const completion = open({ keyHash });
      completion.answered(answer());
      completion.told(usage({ usd: 1 }));
      completion.ended('complete');
    }
    // Of the tenant's, the own one, which another account has too, and the unknown one.
    expect(balance.peek()?.estimated).toBe(7);
  });

  it('is fed even if its service throws, as one that a test has replaced', () => {
    const { costs, open } = openMeter({
      balance: {
        recordSpend: () => {
          throw new Error('replaced');
        },
        reportError: () => {
          throw new Error('replaced');
        },
      },
    });
    const completion = open();
    completion.answered(answer());
    expect(() => completion.erred({ error: { code: 402, message: 'Insufficient credits' } })).not.toThrow();
    expect(() => completion.told(usage({ usd: 1 }))).not.toThrow();
    completion.ended('complete');
    expect(costs).toHaveLength(1);
  });
});

describe('a completion that OpenRouter refused for lack of money', () => {
  const shortage = { error: { code: 402, message: 'Insufficient credits' } };

  it.each<[string, number, unknown]>([
    ['a 402', 402, shortage],
    ['a 402 whose body says nothing', 402, undefined],
    ['the limit of the key', 403, { error: { code: 403, message: 'Key limit exceeded' } }],
    ['an error in a success', 200, shortage],
    ['an error event of a stream', 200, { id: 'gen-1', ...shortage, choices: [] }],
  ])('has the balance read again: %s', async (_title, status, error) => {
    const { balance, open } = openMeter();
    await balance.get();
    expect(readings()).toBe(1);
    const completion = open({ keyHash: ownHash() });
    completion.answered(answer({ status }));
    completion.ended('complete', error);
    await until(() => readings() === 2);
  });

  it.each<[string, number, unknown, string | undefined]>([
    ['another error', 500, { error: { code: 500, message: 'down' } }, undefined],
    [
      'a refusal of this application',
      402,
      { error: { code: 402, ...unattributed(undefined, []) } },
      undefined,
    ],
    ['a key of another account', 402, shortage, 'cd'.repeat(32)],
    ['the limit of a tenant’s key', 403, { error: { code: 403, message: 'Key limit exceeded' } }, TENANT],
  ])('does not, if it is %s', async (_title, status, error, keyHash) => {
    const { balance, open } = openMeter({ isOfOtherAccount: (hash) => hash === 'cd'.repeat(32) });
    await balance.get();
    const completion = open({ keyHash });
    completion.answered(answer({ status }));
    completion.ended('complete', error);
    // A reading that was asked for would be under way by now.
    await balance.get();
    expect(balance.peek()).toBeDefined();
    expect(readings()).toBe(1);
  });

  it('is reported once, though it has an error and an end', () => {
    const reported: unknown[] = [];
    const { open } = openMeter({
      balance: { recordSpend: () => undefined, reportError: (error) => void reported.push(error) },
    });
    const completion = open();
    completion.answered(answer({ status: 402 }));
    completion.erred(shortage);
    completion.ended('complete');
    completion.ended('complete', shortage);
    expect(reported).toEqual([{ status: 402, body: shortage }]);
  });
});

/** Has the sandbox bill a completion, and gives the ids of all. */
async function bill(usd: number): Promise<string[]> {
  sandbox.onCompletion(() => ({ usd }));
  const response = await fetch(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-5-mini', messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.text();
  return sandbox.charges.map(({ generationId }) => generationId);
}
