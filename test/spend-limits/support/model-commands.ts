import { expect } from '@jest/globals';
import * as fc from 'fast-check';
import type {
  SpendHold,
  SpendRequest,
  SpendStore,
  SpendSubject,
} from '../../../lib/contracts/spend-store.js';
import {
  type HoldState,
  next,
  type SpendCommand,
  UNKNOWN_HOLD,
  type WindowState,
} from '../../../lib/spend-limits/model/spend-state.js';

/** A store to be compared with the model. */
export interface ComparedStore {
  readonly store: SpendStore;
  readonly pass: (ms: number) => Promise<void>;
  /** Lets the answer to the next call be lost after the store has carried it out, so that the client sends it again. */
  readonly loseReply?: () => void;
  /** Lets the store lose everything. */
  readonly loseData?: () => Promise<void>;
}

const ACCOUNT = 'ab'.repeat(32);
const HOUR = 3_600_000;

/** Its hold has expired before the figures are read next. */
const SHORT_LEASE_MS = 1;

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];
const LIMITS = [100, 150];
const SUBJECTS: readonly SpendSubject[] = LIMITS.map((limitNanoUsd, index) => ({
  root: index === 0 ? 'c0ffee' : 'e0',
  key: `a${index}`,
  windows: [{ spans: [{ id: 'total', from: 0, to: null, keepUntil: null }], slots: 1, limitNanoUsd }],
}));
const PLACES = SUBJECTS.map(({ root, key }) => ({ root, key, spanId: 'total', slot: 0, keepUntil: null }));

const amount = fc.integer({ min: 0, max: 60 });
const leaseMs = fc.constantFrom(HOUR, SHORT_LEASE_MS);

const step = fc.record({
  id: fc.constantFrom(...IDS),
  isReplyLost: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  does: fc.oneof(
    { weight: 20, arbitrary: fc.record({ type: fc.constant('reserve' as const), nanoUsd: amount, leaseMs }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('attach' as const), leaseMs }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('extend' as const), leaseMs }) },
    { weight: 15, arbitrary: fc.record({ type: fc.constant('commit' as const), nanoUsd: amount }) },
    { weight: 10, arbitrary: fc.record({ type: fc.constantFrom('release' as const, 'cancel' as const) }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('giveUp' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('adjust' as const),
        nanoUsd: fc.integer({ min: -30, max: 30 }),
      }),
    },
    { weight: 10, arbitrary: fc.record({ type: fc.constant('look' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('loseData' as const) }) },
  ),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The state that the store must have. */
class Model {
  holds = new Map<string, HoldState>();
  windows: readonly WindowState[] = PLACES.map(() => ({ settled: 0, held: 0, unsettled: 0, elsewhere: 0 }));
  now = 0;

  apply(name: string, command: SpendCommand): { readonly type: string } {
    const hold = this.holds.get(name) ?? UNKNOWN_HOLD;
    const { state, outcome } = next({ hold, windows: this.windows }, command, this.now);
    if (outcome.type === 'done') {
      this.holds.set(name, state.hold);
      this.windows = state.windows;
    }
    return outcome;
  }

  expire(): void {
    this.now += 2 * SHORT_LEASE_MS;
    for (const name of this.holds.keys()) this.apply(name, { type: 'expire' });
  }

  lose(): void {
    this.holds.clear();
    this.windows = new Model().windows;
  }
}

/** Carries out random commands on a store and on the model, and compares their figures and answers. */
export async function compareWithModel(
  open: () => Promise<ComparedStore>,
  { runs, length }: { readonly runs: number; readonly length: number },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: length / 2, maxLength: length }), async (steps) => {
      const opened = await open();
      const model = new Model();
      for (const one of steps) await compareStep(opened, model, one);
      await look(opened, model);
    }),
    { numRuns: runs, endOnFailure: true },
  );
}

async function compareStep(
  opened: ComparedStore,
  model: Model,
  { id, isReplyLost, does }: Step,
): Promise<void> {
  const { store } = opened;
  const known = model.holds.get(id);
  const hold: SpendHold = { id, nanoUsd: known?.nanoUsd ?? 7, places: PLACES, note: '' };
  if (isReplyLost && does.type !== 'look' && does.type !== 'loseData') opened.loseReply?.();
  switch (does.type) {
    case 'reserve': {
      const { nanoUsd, leaseMs: lease } = does;
      const outcome = model.apply(id, { type: 'reserve', nanoUsd, leaseMs: lease, limits: LIMITS });
      const answer = await store.reserve(ACCOUNT, requestOf(id, nanoUsd, lease));
      expect(answer.status).toBe({ done: 'admitted', refused: 'refused', ignored: 'ended' }[outcome.type]);
      if (answer.status === 'refused') expect(outcome).toMatchObject({ window: answer.subject });
      return;
    }
    case 'attach':
      model.apply(id, { type: 'attach', nanoUsd: hold.nanoUsd, leaseMs: does.leaseMs, generationId: 'gen' });
      return store.attach(ACCOUNT, hold, 'gen', does.leaseMs);
    case 'extend': {
      const outcome = model.apply(id, { type: 'extend', nanoUsd: hold.nanoUsd, leaseMs: does.leaseMs });
      const expiresAt = await store.extend(ACCOUNT, hold, does.leaseMs);
      expect(expiresAt !== undefined).toBe(outcome.type === 'done');
      return;
    }
    case 'commit':
      model.apply(id, { type: 'commit', nanoUsd: does.nanoUsd });
      return store.commit(ACCOUNT, hold, does.nanoUsd);
    case 'release':
      model.apply(id, { type: 'release' });
      return store.release(ACCOUNT, hold);
    case 'cancel':
      model.apply(id, { type: 'release' });
      return store.cancel(ACCOUNT, requestOf(id, 7, HOUR));
    case 'giveUp':
      model.apply(id, { type: 'giveUp' });
      return store.giveUp(ACCOUNT, hold);
    case 'adjust':
      model.apply(`adjustment ${id}`, { type: 'adjust', nanoUsd: does.nanoUsd });
      await store.adjust(ACCOUNT, { id, nanoUsd: does.nanoUsd, subjects: SUBJECTS });
      // Which holds it makes unsettled on its way is the store's own affair.
      return look(opened, model);
    case 'look':
      return look(opened, model);
    case 'loseData':
      if (opened.loseData !== undefined) {
        await opened.loseData();
        model.lose();
      }
  }
}

async function look({ store, pass }: ComparedStore, model: Model): Promise<void> {
  await pass(5 * SHORT_LEASE_MS);
  model.expire();
  const report = await store.usage(ACCOUNT, SUBJECTS);
  const figures = report.status === 'done' ? report.figures : [];
  expect(figures.map(([one]) => [one!.settledNanoUsd, one!.heldNanoUsd, one!.unsettledNanoUsd])).toEqual(
    model.windows.map(({ settled, held, unsettled }) => [settled, held, unsettled]),
  );
}

function requestOf(id: string, nanoUsd: number, lease: number): SpendRequest {
  return { id, nanoUsd, leaseMs: lease, subjects: SUBJECTS, note: '' };
}

/** Whether exactly half of a hundred reservations at once are admitted, in each of so many rounds. */
export async function admitHalf(store: SpendStore, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const subject: SpendSubject = {
      root: 'c0ffee',
      key: round.toString(16),
      windows: [
        { spans: [{ id: 'total', from: 0, to: null, keepUntil: null }], slots: 1, limitNanoUsd: 5e9 },
      ],
    };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        store.reserve(ACCOUNT, {
          id: `${round}-${index}`,
          nanoUsd: 1e8,
          leaseMs: HOUR,
          subjects: [
            subject,
            { ...SUBJECTS[1]!, windows: [{ ...SUBJECTS[1]!.windows[0]!, limitNanoUsd: null }] },
          ],
          note: '',
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 'admitted')).toHaveLength(50);
  }
}
