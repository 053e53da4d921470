import type { SpendClaim, SpendHold } from '../../contracts/spend-store.js';
import { keptMs } from '../model/hold-table.js';
import {
  changeOf,
  type HoldState,
  next,
  type SpendCommand,
  type SpendOutcome,
  UNKNOWN_HOLD,
  type WindowState,
} from '../model/spend-state.js';
import { distinctPlaces } from '../windows/picked-window.js';
import { Rotation } from './rotation.js';
import type { WindowBook } from './window-book.js';

interface KeptHold {
  state: HoldState;
  hold: SpendHold;
  readonly admittedAt: number;
  claims: number;
  claimedUntil: number;
  forgetAt: number;
}

/** How many holds are looked at for each one that is added. */
const SWEPT_HOLDS = 4;

/** The holds of an account. Every change of a hold changes the counters of its places with it. */
export class HoldBook {
  readonly #windows: WindowBook;
  readonly #holds = new Map<string, KeptHold>();
  readonly #rotation = new Rotation(this.#holds);
  /** Those that are held or unsettled. */
  readonly #open = new Map<string, KeptHold>();

  constructor(windows: WindowBook) {
    this.#windows = windows;
  }

  /** How many holds are kept. */
  get size(): number {
    return this.#holds.size;
  }

  find(name: string): { readonly hold: SpendHold; readonly state: HoldState } | undefined {
    return this.#holds.get(name);
  }

  /**
   * Carries out a command.
   *
   * @param name - Under which the hold is kept.
   * @param hold - What is kept of it if it is not known.
   * @param windows - The windows of the hold's places, where a reservation needs to know what they count elsewhere.
   */
  apply(
    name: string,
    hold: SpendHold,
    command: SpendCommand,
    now: number,
    windows?: readonly WindowState[],
  ): { readonly outcome: SpendOutcome; readonly state: HoldState; readonly hold: SpendHold } {
    const kept = this.#holds.get(name) ?? {
      state: UNKNOWN_HOLD,
      hold: withDistinctPlaces(hold),
      admittedAt: now,
      claims: 0,
      claimedUntil: now,
      forgetAt: now,
    };
    if (kept.state.name === 'tombstone') {
      // Its places were not known yet.
      kept.hold = withDistinctPlaces(hold);
    }
    const { places } = windows === undefined ? kept.hold : hold;
    const before = windows ?? places.map((place) => this.#windows.stateOf(place));
    const { state, outcome } = next({ hold: kept.state, windows: before }, command, now);
    if (outcome.type === 'done') {
      const change = changeOf(kept.state, state.hold, command);
      if (change !== undefined) {
        // Windows with the same span share a place.
        distinctPlaces(places).forEach((place) => this.#windows.add(place, change, now));
      }
      this.#keep(name, kept, state.hold, now);
    }
    return { outcome, state: kept.state, hold: kept.hold };
  }

  /** Makes holds whose lease has ended unsettled. */
  expire(now: number): void {
    for (const [name, { state, hold }] of this.#open) {
      if (state.name === 'held' && state.expiresAt <= now) {
        this.apply(name, hold, { type: 'expire' }, now);
      }
    }
  }

  /** Gives unsettled holds to the caller that nobody else has been given. */
  claim(limit: number, claimMs: number, now: number): SpendClaim[] {
    this.expire(now);
    const claims: SpendClaim[] = [];
    for (const kept of this.#open.values()) {
      if (claims.length >= limit) {
        break;
      }
      if (kept.state.name === 'unsettled' && kept.claimedUntil <= now) {
        kept.claims += 1;
        kept.claimedUntil = now + claimMs;
        const { generationId } = kept.state;
        claims.push({
          hold: { ...kept.hold, generationId },
          admittedAt: kept.admittedAt,
          claims: kept.claims,
        });
      }
    }
    return claims;
  }

  #keep(name: string, kept: KeptHold, state: HoldState, now: number): void {
    kept.state = state;
    kept.forgetAt = now + keptMs(state.name);
    if (!this.#holds.has(name)) {
      this.#rotation.visit(SWEPT_HOLDS, (known, { forgetAt }) => {
        if (forgetAt <= now) {
          this.#holds.delete(known);
          this.#open.delete(known);
        }
      });
      this.#holds.set(name, kept);
    }
    if (state.name === 'held' || state.name === 'unsettled') {
      this.#open.set(name, kept);
    } else {
      this.#open.delete(name);
    }
  }
}

function withDistinctPlaces(hold: SpendHold): SpendHold {
  return { ...hold, places: distinctPlaces(hold.places) };
}
