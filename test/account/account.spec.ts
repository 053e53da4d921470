import { describe, expect, it } from '@jest/globals';
import { Account } from '../../lib/account/account.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';

const open = (options: unknown = 'sk-or-v1-a-key', name?: string) =>
  new Account(resolveOptions(options, 'Here', name));

describe('an account', () => {
  it('ends in the reverse order of what was opened, and once', async () => {
    const account = open();
    const ended: string[] = [];
    account.onClose(() => void ended.push('first'));
    account.onClose(async () => {
      ended.push('second');
      await Promise.resolve();
      ended.push('second, later');
    });
    const closing = account.close();
    expect([account.isClosed, ended]).toEqual([true, ['second', 'first']]);
    await Promise.all([closing, account.close(), account.onApplicationShutdown()]);
    expect(ended).toEqual(['second', 'first', 'second, later']);
  });

  it('ends the rest where one of its parts fails', async () => {
    const account = open();
    const ended: string[] = [];
    account.onClose(() => void ended.push('first'));
    account.onClose(() => {
      throw new Error('the second has failed');
    });
    await expect(account.close()).rejects.toThrow('the second has failed');
    expect(ended).toEqual(['first']);
  });

  it('says once that it has its client, to those who come later at once', () => {
    const account = open();
    const told: string[] = [];
    account.onAttach(() => told.push('early'));
    expect(told).toEqual([]);
    account.attach({} as never);
    account.onAttach(() => told.push('late'));
    expect(told).toEqual(['early', 'late']);
    void account.close();
  });

  it('has a name for stores of spend that is the same in every process and for every key', () => {
    const name = '8d65f921d08dbe990691aec357fc4a9bfe4badbd421fa4334155f34e187d2dac';
    const nameOf = (...given: Parameters<typeof open>): string => open(...given).spendAccount;
    expect(nameOf()).toBe(name);
    expect(nameOf({ apiKey: () => 'sk-or-v1-rotated', managementKey: 'sk-or-v1-other' })).toBe(name);
    expect(nameOf('sk-or-v1-a-key', 'eu')).not.toBe(name);
    expect(nameOf({ apiKey: 'sk-or-v1-a-key', baseUrl: 'https://eu.openrouter.ai/api/v1' })).not.toBe(name);
  });
});
