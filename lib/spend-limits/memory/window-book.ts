import type { SpendFigures, SpendPlace, SpendSubject } from '../../contracts/spend-store.js';
import type { SpendCounter } from '../model/hold-table.js';
import { saturated } from '../model/saturated.js';
import type { SpendChange, WindowState } from '../model/spend-state.js';
import type { PickedWindow, SlotRange } from '../windows/picked-window.js';
import { Rotation } from './rotation.js';

/** Sums may be greater than a `number` holds exactly. */
type Counters = Readonly<Record<SpendCounter, bigint>>;

interface KeptSpan {
  readonly slots: Map<number, Counters>;
  readonly keepUntil: number | null;
  /** Who has taken which warning. */
  readonly warnings: Map<string, string>;
}

const NOTHING: Counters = Object.freeze({ settled: 0n, held: 0n, unsettled: 0n });

/** How many spans are looked at for each one that is added. */
const SWEPT_SPANS = 4;

/** The counters of an account, by subject, span and slot. */
export class WindowBook {
  readonly #spans = new Map<string, KeptSpan>();
  readonly #rotation = new Rotation(this.#spans);

  /** How many spans are kept. */
  get size(): number {
    return this.#spans.size;
  }

  /** What is counted in a place, and what the same window counts elsewhere. */
  stateOf(place: SpendPlace, counted: readonly SlotRange[] = []): WindowState {
    const own = this.#find(place)?.slots.get(place.slot) ?? NOTHING;
    const told = {
      settled: saturated(own.settled),
      held: saturated(own.held),
      unsettled: saturated(own.unsettled),
    };
    const all = counted.length < 2 ? own : this.#sum(place, counted);
    // So that the sum of what is told is right, too, where parts of it are saturated.
    const elsewhere =
      all.settled + all.held + all.unsettled - BigInt(told.settled + told.held + told.unsettled);
    return { ...told, elsewhere: Number(elsewhere) };
  }

  /** Adds to what is counted in a place. */
  add(place: SpendPlace, change: SpendChange, now: number): void {
    const { slots } = this.#open(place, now);
    const { settled, held, unsettled } = slots.get(place.slot) ?? NOTHING;
    slots.set(place.slot, {
      settled: settled + BigInt(change.settled),
      held: held + BigInt(change.held),
      unsettled: unsettled + BigInt(change.unsettled),
    });
  }

  /** What a subject's window counts. */
  figuresOf(subject: SpendSubject, { span, counted, from, to }: PickedWindow): SpendFigures {
    const { settled, held, unsettled } = this.#sum(subject, counted);
    return {
      spanId: span.id,
      from,
      to,
      settledNanoUsd: saturated(settled),
      heldNanoUsd: saturated(held),
      unsettledNanoUsd: saturated(unsettled),
    };
  }

  /** Whether the caller is the first to take a warning. */
  claimWarning(place: SpendPlace, name: string, claimId: string, now: number): boolean {
    const { warnings } = this.#open(place, now);
    const taken = warnings.get(name) ?? claimId;
    warnings.set(name, taken);
    return taken === claimId;
  }

  #sum(subject: { readonly root: string; readonly key: string }, counted: readonly SlotRange[]): Counters {
    const sum = { ...NOTHING };
    for (const { span, first, last } of counted) {
      for (const [slot, counters] of this.#find({ ...subject, spanId: span.id })?.slots ?? []) {
        if (slot >= first && slot <= last) {
          sum.settled += counters.settled;
          sum.held += counters.held;
          sum.unsettled += counters.unsettled;
        }
      }
    }
    return sum;
  }

  #find(place: Pick<SpendPlace, 'root' | 'key' | 'spanId'>): KeptSpan | undefined {
    return this.#spans.get(nameOf(place));
  }

  #open(place: SpendPlace, now: number): KeptSpan {
    let span = this.#find(place);
    if (span === undefined) {
      this.#rotation.visit(SWEPT_SPANS, (name, { keepUntil }) => {
        if (keepUntil !== null && keepUntil <= now) {
          this.#spans.delete(name);
        }
      });
      span = { slots: new Map(), keepUntil: place.keepUntil, warnings: new Map() };
      this.#spans.set(nameOf(place), span);
    }
    return span;
  }
}

function nameOf({ root, key, spanId }: Pick<SpendPlace, 'root' | 'key' | 'spanId'>): string {
  return `${root}/${key}/${spanId}`;
}
