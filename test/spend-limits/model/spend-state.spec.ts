import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  COUNTER_OF,
  HOLD_TABLE,
  type HoldCommandName,
  type HoldStateName,
  type SpendCounter,
} from '../../../lib/spend-limits/model/hold-table.js';
import {
  type HoldState,
  next,
  type SpendCommand,
  type SpendState,
  UNKNOWN_HOLD,
  type WindowState,
} from '../../../lib/spend-limits/model/spend-state.js';

const NOW = 1_000;
const HELD = 10;
const BILL = 13;

const STATES = Object.keys(HOLD_TABLE) as HoldStateName[];

const COMMANDS: Readonly<Record<HoldCommandName, SpendCommand>> = {
  reserve: { type: 'reserve', nanoUsd: HELD, leaseMs: 50, limits: [100] },
  attach: { type: 'attach', nanoUsd: HELD, leaseMs: 50, generationId: 'gen-1' },
  extend: { type: 'extend', nanoUsd: HELD, leaseMs: 50 },
  commit: { type: 'commit', nanoUsd: BILL },
  release: { type: 'release' },
  expire: { type: 'expire' },
  giveUp: { type: 'giveUp' },
  adjust: { type: 'adjust', nanoUsd: BILL },
};

function windowWith(counters: Partial<Record<SpendCounter, number>> = {}, elsewhere = 0): WindowState {
  return { settled: 0, held: 0, unsettled: 0, ...counters, elsewhere };
}

/** A hold in a state, with what is counted for it. */
function stateOf(name: HoldStateName, hold: Partial<HoldState> = {}): SpendState {
  const counter = COUNTER_OF[name];
  return {
    hold:
      name === 'unknown'
        ? UNKNOWN_HOLD
        : { name, nanoUsd: HELD, generationId: undefined, expiresAt: NOW, ...hold },
    windows: [windowWith(counter && { [counter]: HELD })],
  };
}

/** What each command makes of a hold in each state: [state, settled, held, unsettled]; nothing where it is ignored. */
const EXPECTED: Readonly<
  Record<HoldStateName, Partial<Record<HoldCommandName, [HoldStateName, number, number, number]>>>
> = {
  unknown: {
    reserve: ['held', 0, HELD, 0],
    attach: ['held', 0, HELD, 0],
    extend: ['held', 0, HELD, 0],
    commit: ['settled', BILL, 0, 0],
    release: ['tombstone', 0, 0, 0],
    adjust: ['settled', BILL, 0, 0],
  },
  held: {
    reserve: ['held', 0, HELD, 0],
    attach: ['held', 0, HELD, 0],
    extend: ['held', 0, HELD, 0],
    commit: ['settled', BILL, 0, 0],
    release: ['released', 0, 0, 0],
    expire: ['unsettled', 0, 0, HELD],
    giveUp: ['provisional', HELD, 0, 0],
  },
  unsettled: {
    attach: ['held', 0, HELD, 0],
    extend: ['held', 0, HELD, 0],
    commit: ['settled', BILL, 0, 0],
    release: ['released', 0, 0, 0],
    giveUp: ['provisional', HELD, 0, 0],
  },
  settled: {},
  released: {},
  provisional: { commit: ['settled', BILL, 0, 0], release: ['released', 0, 0, 0] },
  tombstone: { commit: ['settled', BILL, 0, 0] },
};

describe('the model of a hold', () => {
  it.each(
    STATES.flatMap((state) =>
      (Object.keys(COMMANDS) as HoldCommandName[]).map((command) => [state, command] as const),
    ),
  )('%s, %s', (name, command) => {
    const before = stateOf(name);
    const { state, outcome } = next(before, COMMANDS[command], NOW);
    const expected = EXPECTED[name][command];
    if (expected === undefined) {
      expect(outcome).toEqual({ type: 'ignored' });
      expect(state).toBe(before);
      return;
    }
    const [{ settled, held, unsettled }] = state.windows as [WindowState];
    expect(outcome).toEqual({ type: 'done' });
    expect([state.hold.name, settled, held, unsettled]).toEqual(expected);
  });

  it('counts what is settled, held, unsettled and elsewhere against the limit, to the last nano-dollar', () => {
    const full = { settled: 1, held: 2, unsettled: 3 };
    const reserve = (nanoUsd: number, limits: (number | null)[], windows: WindowState[]) =>
      next({ hold: UNKNOWN_HOLD, windows }, { type: 'reserve', nanoUsd, leaseMs: 1, limits }, NOW).outcome;
    expect(reserve(90, [100], [windowWith(full, 4)])).toEqual({ type: 'done' });
    expect(reserve(91, [100], [windowWith(full, 4)])).toEqual({ type: 'refused', window: 0 });
    expect(reserve(91, [null, 100, 96], [windowWith(full), windowWith(), windowWith(full)])).toEqual({
      type: 'refused',
      window: 2,
    });
    expect(reserve(91, [null], [windowWith(full, 4)])).toEqual({ type: 'done' });
    expect(reserve(0, [0], [windowWith()])).toEqual({ type: 'done' });
    expect(reserve(1, [0], [windowWith()])).toEqual({ type: 'refused', window: 0 });
    expect(reserve(0, [5], [windowWith(full)])).toEqual({ type: 'refused', window: 0 });
    // A refund makes room.
    expect(reserve(7, [5], [windowWith({ settled: -2 })])).toEqual({ type: 'done' });
  });

  it('releases nothing once a generation is attached', () => {
    for (const name of ['held', 'unsettled', 'provisional'] as const) {
      const { outcome } = next(stateOf(name, { generationId: 'gen-1' }), { type: 'release' }, NOW);
      expect(outcome).toEqual({ type: 'ignored' });
    }
    const attached = next(stateOf('held'), COMMANDS.attach, NOW).state;
    expect(attached.hold).toMatchObject({ generationId: 'gen-1', expiresAt: NOW + 50 });
    expect(next(attached, { type: 'release' }, NOW).outcome.type).toBe('ignored');
    expect(next(attached, COMMANDS.extend, NOW).state.hold.generationId).toBe('gen-1');
  });

  it('expires nothing before its lease ends, and extends it from now on', () => {
    const held = stateOf('held', { expiresAt: NOW + 1 });
    expect(next(held, { type: 'expire' }, NOW).outcome.type).toBe('ignored');
    expect(next(held, { type: 'expire' }, NOW + 1).state.hold.name).toBe('unsettled');
    expect(next(held, COMMANDS.extend, NOW).state.hold.expiresAt).toBe(NOW + 50);
    // Not by a repeated reservation.
    expect(next(held, COMMANDS.reserve, NOW).state.hold).toEqual(held.hold);
  });
});

describe('over any commands', () => {
  const IDS = ['a', 'b', 'c', 'd', 'e'];
  const LIMIT = 100;
  const amount = fc.integer({ min: 0, max: 60 });

  const command: fc.Arbitrary<SpendCommand | { type: 'tick'; ms: number }> = fc.oneof(
    fc.record({ type: fc.constant('reserve' as const), nanoUsd: amount }).map(({ type, nanoUsd }) => ({
      type,
      nanoUsd,
      leaseMs: 100,
      limits: [LIMIT],
    })),
    fc.constant({ type: 'attach' as const, nanoUsd: 7, leaseMs: 100, generationId: 'gen' }),
    fc.constant({ type: 'extend' as const, nanoUsd: 7, leaseMs: 100 }),
    amount.map((nanoUsd) => ({ type: 'commit' as const, nanoUsd })),
    fc.constantFrom('release' as const, 'expire' as const, 'giveUp' as const).map((type) => ({ type })),
    fc.integer({ min: 0, max: 150 }).map((ms) => ({ type: 'tick' as const, ms })),
  );

  const sumOf = ({ settled, held, unsettled }: WindowState): number => settled + held + unsettled;

  it('no hold is admitted above the limit, each is counted once, and the bound holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...IDS), command), { maxLength: 80 }), (steps) => {
        const holds = new Map<string, HoldState>();
        const bills = new Map<string, number>();
        let window = windowWith();
        let now = 0;
        // What the sum may be above the limit by.
        let excess = 0;
        for (const [id, step] of steps) {
          if (step.type === 'tick') {
            now += step.ms;
            continue;
          }
          const before = { hold: holds.get(id) ?? UNKNOWN_HOLD, windows: [window] };
          const { state, outcome } = next(before, step, now);
          const [after] = state.windows as [WindowState];
          if (outcome.type !== 'done') {
            expect(state).toBe(before);
            continue;
          }
          const isNew = before.hold.name === 'unknown';
          if (step.type === 'reserve' && isNew) {
            expect(sumOf(after)).toBeLessThanOrEqual(LIMIT);
            excess = 0;
          }
          if (step.type === 'commit') {
            bills.set(id, step.nanoUsd);
            const counted = COUNTER_OF[before.hold.name] === undefined ? 0 : before.hold.nanoUsd;
            excess += Math.max(0, step.nanoUsd - counted);
            if (before.hold.name === 'provisional') {
              expect(after.settled - window.settled).toBe(step.nanoUsd - before.hold.nanoUsd);
            }
          } else if (isNew && step.type !== 'reserve') {
            excess += sumOf(after) - sumOf(window);
          }
          if (before.hold.name !== 'provisional') {
            expect(after.settled).toBeGreaterThanOrEqual(window.settled);
          }
          expect(sumOf(after)).toBeLessThanOrEqual(LIMIT + excess);
          holds.set(id, state.hold);
          window = after;
          // Each amount is in one counter.
          for (const counter of ['settled', 'held', 'unsettled'] as const) {
            const counted = [...holds]
              .filter(([, hold]) => COUNTER_OF[hold.name] === counter)
              .map(([known, hold]) => (hold.name === 'settled' ? bills.get(known)! : hold.nanoUsd));
            expect(window[counter]).toBe(counted.reduce((sum, one) => sum + one, 0));
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('any commits and releases of a hold are the first one', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            amount.map((nanoUsd) => ({ type: 'commit' as const, nanoUsd })),
            fc.constant({ type: 'release' as const }),
          ),
          { minLength: 1, maxLength: 10 },
        ),
        (steps) => {
          const first = next(stateOf('held'), steps[0]!, NOW).state;
          const last = steps.reduce((state, step) => next(state, step, NOW).state, stateOf('held'));
          expect(last).toEqual(first);
        },
      ),
    );
  });
});
