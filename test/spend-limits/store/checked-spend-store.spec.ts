import { describe, expect, it } from '@jest/globals';
import type { SpendHold, SpendStore } from '../../../lib/index.js';
import { CheckedSpendStore } from '../../../lib/spend-limits/store/checked-spend-store.js';

const HOLD: SpendHold = { id: 'h', nanoUsd: 5, places: [], note: '' };
const FIGURES = {
  spanId: 'day',
  from: 0,
  to: null,
  settledNanoUsd: 1,
  heldNanoUsd: 2,
  unsettledNanoUsd: 3,
};
const REQUEST = { id: 'h', nanoUsd: 5, leaseMs: 1_000, note: '', subjects: [] };
const PLACE = { root: 'a0', key: 'a0', spanId: 'day', slot: 0, keepUntil: null };

/** A call of a method, in which the store answers what a test gives. */
const CALLS: Readonly<Record<string, (store: SpendStore) => Promise<unknown>>> = {
  reserve: (store) => store.reserve('00', REQUEST),
  extend: (store) => store.extend('00', HOLD, 1_000),
  adjust: (store) => store.adjust('00', { id: 'a', nanoUsd: 1, subjects: [] }),
  usage: (store) => store.usage('00', []),
  claim: (store) => store.claim('00', 8, 1_000),
  claimWarning: (store) => store.claimWarning('00', PLACE, '0.8', 'c'),
  restore: (store) => store.restore('00', [], []),
  learned: (store) => store.learned('00', 'model'),
  epoch: async (store) => store.epoch?.('00'),
};

function answering(method: string, answer: unknown): Promise<unknown> {
  const inner = { [method]: () => Promise.resolve(answer) };
  return CALLS[method]!(new CheckedSpendStore(inner as unknown as SpendStore));
}

describe('What a store of the application may answer', () => {
  it.each<[string, unknown]>([
    ['reserve', { status: 'admitted', hold: HOLD, expiresAt: 9, now: 5, figures: [[FIGURES]] }],
    ['reserve', { status: 'refused', subject: 0, window: 1, now: 5, figures: [[FIGURES, undefined], []] }],
    ['reserve', { status: 'ended', now: 5 }],
    ['reserve', { status: 'no-window', now: 5 }],
    ['extend', 7],
    ['extend', undefined],
    ['adjust', { status: 'done', now: 5 }],
    ['usage', { status: 'done', now: 5, figures: [[FIGURES]] }],
    ['usage', { status: 'no-window', now: 5 }],
    ['claim', [{ hold: { ...HOLD, generationId: 'gen-1' }, admittedAt: 3, claims: 1 }]],
    ['claimWarning', false],
    ['restore', { status: 'no-window', now: 5 }],
    ['learned', undefined],
    ['learned', 12],
    ['epoch', 'one'],
  ])('%s: %j', async (method, answer) => {
    await expect(answering(method, answer)).resolves.toEqual(answer);
  });

  const lists = (figures: unknown): unknown => ({ status: 'done', now: 5, figures });

  it.each<[string, unknown]>([
    ['reserve', undefined],
    ['reserve', null],
    ['reserve', 'admitted'],
    ['reserve', { status: 'yes', now: 5 }],
    ['reserve', { status: 'ended' }],
    ['reserve', { status: 'ended', now: NaN }],
    ['reserve', { status: 'no-window', now: 1e300 }],
    ['reserve', { status: 'admitted', now: 5, expiresAt: 9, figures: [] }],
    ['reserve', { status: 'admitted', hold: { ...HOLD, id: 'other' }, expiresAt: 9, now: 5, figures: [] }],
    ['reserve', { status: 'admitted', hold: { ...HOLD, places: [1] }, expiresAt: 9, now: 5, figures: [] }],
    ['reserve', { status: 'admitted', hold: { ...HOLD, nanoUsd: 0.5 }, expiresAt: 9, now: 5, figures: [] }],
    ['reserve', { status: 'admitted', hold: HOLD, expiresAt: '9', now: 5, figures: [] }],
    ['reserve', { status: 'refused', subject: '0', window: 0, now: 5, figures: [] }],
    ['reserve', { status: 'refused', subject: 0, window: 0, now: 5 }],
    ['extend', null],
    ['extend', NaN],
    ['extend', 'soon'],
    ['adjust', undefined],
    ['adjust', { status: 'admitted', now: 5 }],
    ['usage', lists(undefined)],
    ['usage', lists([1])],
    ['usage', lists([[null]])],
    ['usage', lists([[{ ...FIGURES, heldNanoUsd: NaN }]])],
    ['usage', lists([[{ ...FIGURES, settledNanoUsd: '1' }]])],
    ['usage', lists([[{ ...FIGURES, from: Infinity }]])],
    ['usage', lists([[{ ...FIGURES, to: undefined }]])],
    ['claim', undefined],
    ['claim', [undefined]],
    ['claim', [{ hold: { ...HOLD, note: undefined }, admittedAt: 3, claims: 1 }]],
    ['claim', [{ hold: { ...HOLD, generationId: 7 }, admittedAt: 3, claims: 1 }]],
    ['claim', [{ hold: HOLD, admittedAt: 'then', claims: 1 }]],
    ['claimWarning', 1],
    ['restore', { status: 'done' }],
    ['learned', -1],
    ['learned', 0.5],
    ['epoch', 7],
  ])('%s, but not %j', async (method, answer) => {
    await expect(answering(method, answer)).rejects.toThrow(`\`${method}\``);
  });
});
