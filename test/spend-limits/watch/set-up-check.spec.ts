import { afterEach, describe, expect, it } from '@jest/globals';
import { InMemorySpendStore, type SpendStore } from '../../../lib/index.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';
import { checkSetUp } from '../../../lib/spend-limits/watch/set-up-check.js';

const { NODE_ENV } = process.env;

afterEach(() => {
  process.env['NODE_ENV'] = NODE_ENV;
});

async function said(
  store: SpendStore | undefined,
  environment = 'production',
  given: Partial<Parameters<typeof checkSetUp>[1]> = {},
): Promise<string[]> {
  process.env['NODE_ENV'] = environment;
  const sentences: string[] = [];
  await checkSetUp(store, { rules: [], holdUsd: 0.05, ...given }, (sentence) => sentences.push(sentence));
  return sentences;
}

function checking(check: () => Promise<readonly string[]>): SpendStore {
  return Object.assign(new InMemorySpendStore(), { check });
}

describe('the check of how a store is set up', () => {
  it('says in production alone that the memory of a process is shared with nobody', async () => {
    expect(await said(undefined)).toEqual([
      expect.stringContaining('Set `spendLimits.store` to share them.'),
    ]);
    expect(await said(undefined, 'test')).toEqual([]);
    expect(await said(new InMemorySpendStore())).toEqual([]);
  });

  it('says what the store finds wrong, such as a policy that evicts', async () => {
    expect(await said(checking(() => Promise.resolve(['`maxmemory-policy` evicts.'])))).toEqual([
      '`maxmemory-policy` evicts.',
    ]);
  });

  it('says which rules allow less than what is held for a completion', async () => {
    const { options } = resolveOptions(
      { apiKey: 'sk-or-v1-a', spendLimits: { rules: [{ by: 'tenant', usd: 1, period: 'day' }] } },
      'test',
    );
    const rule = options.spendLimits!.rules[0]!;
    const rules = [0, 0.02, 0.05, null, () => 0.01].map((usd, index) => ({
      ...rule,
      usd,
      name: `rule ${index}`,
    }));
    expect(await said(new InMemorySpendStore(), 'test', { rules })).toEqual([
      expect.stringMatching(
        /^the rule 'rule 1' allows \$0\.02, and \$0\.05 are held .*`spendLimits\.holdUsd`/,
      ),
    ]);
    expect(await said(new InMemorySpendStore(), 'test', { rules, holdUsd: () => 0.05 })).toEqual([]);
    expect(await said(new InMemorySpendStore(), 'test', { rules, holdUsd: 0.01 })).toEqual([]);
  });

  it('says nothing where the store does not answer', async () => {
    expect(await said(checking(() => Promise.reject(new Error('redis://:secret@host'))))).toEqual([]);
  });
});
