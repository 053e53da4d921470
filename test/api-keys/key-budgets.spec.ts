import { afterEach, describe, expect, it } from '@jest/globals';
import type { CurrentApiKey } from '../../lib/index.js';
import { cleanUp, clientOf, sendJson, startServer } from '../support/servers.js';
import { wireCurrentKey } from './support.js';

afterEach(cleanUp);

/** What is read of an answer with these members. */
async function read(members: object): Promise<CurrentApiKey> {
  const server = await startServer((_request, response) =>
    sendJson(response, { data: wireCurrentKey(members) }),
  );
  return clientOf(server).apiKeys.getCurrent();
}

const WIRE = {
  budget_id: null,
  guardrail_id: 'gr_1',
  include_byok: true,
  limit_usd: 10,
  spend_usd: 12,
  remaining_usd: -2,
  reset_interval: 'daily',
  resets_at: '2026-12-01T00:00:00Z',
  scope: 'member',
};

const READ = {
  budgetId: null,
  guardrailId: 'gr_1',
  includeByok: true,
  limitUsd: 10,
  spendUsd: 12,
  remainingUsd: -2,
  resetInterval: 'daily',
  resetsAt: new Date('2026-12-01T00:00:00Z'),
  scope: 'member',
};

describe('the budgets of a key', () => {
  it('are read, all of them and the one that decides', async () => {
    const workspace = { ...WIRE, budget_id: 'b_1', guardrail_id: null, scope: 'workspace', resets_at: null };
    expect(await read({ budgets: [WIRE, workspace], effective_budget: WIRE })).toMatchObject({
      budgets: [READ, { ...READ, budgetId: 'b_1', guardrailId: null, scope: 'workspace', resetsAt: null }],
      effectiveBudget: READ,
    });
  });

  it('are absent where the server does not tell, which is not the same as none', async () => {
    for (const name of ['budgets', 'effectiveBudget']) {
      expect(await read({})).not.toHaveProperty(name);
    }
    const none = await read({ budgets: [], effective_budget: null });
    expect(none).toMatchObject({ budgets: [], effectiveBudget: null });
    expect(await read({ budgets: null })).not.toHaveProperty('budgets');
  });

  it.each<[string, unknown, object]>([
    [
      'an unknown scope and interval',
      { ...WIRE, scope: 'team', reset_interval: 'hourly' },
      { ...READ, scope: 'team', resetInterval: 'hourly' },
    ],
    [
      'a lifetime',
      { ...WIRE, reset_interval: null, resets_at: null },
      { ...READ, resetInterval: null, resetsAt: null },
    ],
    [
      'what is left by the limit and the spend',
      { limit_usd: 0.3, spend_usd: 0.1 },
      { limitUsd: 0.3, spendUsd: 0.1, remainingUsd: 0.2 },
    ],
    ['amounts as texts, which are none', { limit_usd: '10', spend_usd: '12', remaining_usd: '-2' }, {}],
    ['what is left as a text, beside a limit', { limit_usd: 10, remaining_usd: '-2' }, { limitUsd: 10 }],
    ['a date that is none', { ...WIRE, resets_at: 'soon' }, { ...READ, resetsAt: undefined }],
    ['a text', 'none', {}],
    ['a list', [], {}],
    ['no members', {}, {}],
    ['new members', { remaining_usd: 1, colour: 'red' }, { remainingUsd: 1 }],
  ])('with %s do not fail the key', async (_title, budget, expected) => {
    const key = await read({ budgets: [budget, WIRE], effective_budget: budget });
    expect(key).toMatchObject({ limitRemaining: 74.5 });
    expect(key.budgets).toEqual([expected, READ]);
    expect(key.effectiveBudget).toEqual(expected);
  });

  it('may be anything where the answer holds no list of them', async () => {
    expect((await read({ budgets: WIRE })).budgets).toEqual([READ]);
    expect((await read({ budgets: 'many' })).budgets).toEqual([{}]);
    expect((await read({ budgets: [null] })).budgets).toEqual([{}]);
  });

  it('hold no amount that no double holds', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, '{"data":{"limit_remaining":1,"effective_budget":{"remaining_usd":1e999}}}'),
    );
    const key = await clientOf(server).apiKeys.getCurrent();
    expect(key).toEqual({ limitRemaining: 1, effectiveBudget: {} });
  });
});
