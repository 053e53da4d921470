import type {
  SpendAdjustment,
  SpendAdmission,
  SpendBooked,
  SpendClaim,
  SpendFigureLists,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendReport,
  SpendRequest,
  SpendStore,
  SpendSubject,
} from '../contracts/spend-store.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import { BillBook } from './memory/bill-book.js';
import { HoldBook } from './memory/hold-book.js';
import { WindowBook } from './memory/window-book.js';
import type { SpendCommand } from './model/spend-state.js';
import { type PickedWindow, pickWindows, placeOf } from './windows/picked-window.js';

/** What is kept of one account. */
class Account {
  readonly windows = new WindowBook();
  readonly holds = new HoldBook(this.windows);
  readonly bills = new BillBook();
}

/** Hidden, so that printing a store shows no amounts. */
interface StoreParts {
  readonly accounts: Map<string, Account>;
  readonly now: () => number;
}

const storeParts = new HiddenParts<StoreParts>();

/**
 * A spend store in the memory of this process: limits hold for one process, and begin anew when it restarts.
 *
 * One instance may be passed to several accounts, or to several clients of the same account.
 */
export class InMemorySpendStore implements SpendStore {
  constructor();
  /** @internal */
  constructor(now: () => number);
  constructor(now: () => number = () => Date.now()) {
    storeParts.hide(this, { accounts: new Map(), now });
  }

  /** Reserves an amount for all subjects, or for none. */
  reserve(account: string, request: SpendRequest): Promise<SpendAdmission> {
    return this.run(account, ({ windows, holds }, now) => {
      const { id, nanoUsd, leaseMs, subjects, note } = request;
      const picked = pickWindows(subjects, now);
      if (picked === undefined) {
        return { status: 'no-window', now };
      }
      const each = eachWindow(subjects, picked);
      const { outcome, state, hold } = holds.apply(
        holdName(id),
        { id, nanoUsd, places: each.map(({ place }) => place), note },
        {
          type: 'reserve',
          nanoUsd,
          leaseMs,
          limits: subjects.flatMap((subject) => subject.windows.map((window) => window.limitNanoUsd)),
        },
        now,
        holds.find(holdName(id)) === undefined
          ? each.map(({ place, picked: { counted } }) => windows.stateOf(place, counted))
          : undefined,
      );
      if (outcome.type === 'ignored') {
        return { status: 'ended', now };
      }
      const figures = figuresOf(windows, subjects, picked);
      if (outcome.type === 'refused') {
        const { subject = 0, window = 0 } = each[outcome.window] ?? {};
        return { status: 'refused', subject, window, now, figures };
      }
      return { status: 'admitted', hold, expiresAt: state.expiresAt, now, figures };
    });
  }

  /** Notes the generation of a hold, and extends it. */
  async attach(account: string, hold: SpendHold, generationId: string, leaseMs: number): Promise<void> {
    await this.command(account, hold, { type: 'attach', nanoUsd: hold.nanoUsd, leaseMs, generationId });
  }

  /** Lets a hold count as under way for longer. */
  extend(account: string, hold: SpendHold, leaseMs: number): Promise<number | undefined> {
    const { nanoUsd, generationId } = hold;
    return this.command(account, hold, { type: 'extend', nanoUsd, leaseMs, generationId });
  }

  /** Settles a hold by its bill. */
  async commit(account: string, hold: SpendHold, nanoUsd: number): Promise<void> {
    await this.command(account, hold, { type: 'commit', nanoUsd });
  }

  /** Gives back what is held. */
  async release(account: string, hold: SpendHold): Promise<void> {
    await this.command(account, hold, { type: 'release' });
  }

  /** Takes back a reservation whose answer did not come. */
  async cancel(account: string, { id, nanoUsd, note }: SpendRequest): Promise<void> {
    await this.command(account, { id, nanoUsd, places: [], note }, { type: 'release' });
  }

  /** Counts a hold as billed at what was held. */
  async giveUp(account: string, hold: SpendHold): Promise<void> {
    await this.command(account, hold, { type: 'giveUp' });
  }

  /** Adds an amount to what is settled. */
  adjust(account: string, { id, nanoUsd, subjects }: SpendAdjustment): Promise<SpendBooked | SpendNoWindow> {
    return this.run(account, ({ holds }, now) => {
      const picked = pickWindows(subjects, now);
      if (picked === undefined) {
        return { status: 'no-window', now };
      }
      const places = eachWindow(subjects, picked).map(({ place }) => place);
      const hold = { id, nanoUsd: 0, places, note: '' };
      holds.apply(adjustmentName(id), hold, { type: 'adjust', nanoUsd }, now);
      return { status: 'done', now };
    });
  }

  /** Returns the figures of subjects. */
  usage(account: string, subjects: readonly SpendSubject[]): Promise<SpendReport | SpendNoWindow> {
    return this.run(account, ({ windows, holds }, now) => {
      holds.expire(now);
      const picked = pickWindows(subjects, now);
      return picked === undefined
        ? { status: 'no-window', now }
        : { status: 'done', now, figures: figuresOf(windows, subjects, picked) };
    });
  }

  /** Returns holds whose bill has to be learned. */
  claim(account: string, limit: number, claimMs: number): Promise<readonly SpendClaim[]> {
    return this.run(account, ({ holds }, now) => holds.claim(limit, claimMs, now));
  }

  /** Takes the right to send a warning. */
  claimWarning(account: string, place: SpendPlace, name: string, claimId: string): Promise<boolean> {
    return this.run(account, ({ windows }, now) => windows.claimWarning(place, name, claimId, now));
  }

  /** Raises what is settled to what it was last known to be. */
  restore(
    account: string,
    subjects: readonly SpendSubject[],
    settledNanoUsd: readonly (readonly number[])[],
  ): Promise<SpendBooked | SpendNoWindow> {
    return this.run(account, ({ windows }, now) => {
      const picked = pickWindows(subjects, now);
      if (picked === undefined) {
        return { status: 'no-window', now };
      }
      for (const { subject, window, place, of, picked: one } of eachWindow(subjects, picked)) {
        const missing =
          (settledNanoUsd[subject]?.[window] ?? -Infinity) - windows.figuresOf(of, one).settledNanoUsd;
        if (missing > 0) {
          windows.add(place, { settled: missing, held: 0, unsettled: 0 }, now);
        }
      }
      return { status: 'done', now };
    });
  }

  /** Notes what a completion was billed. */
  learn(account: string, name: string, nanoUsd: number): Promise<void> {
    return this.run(account, ({ bills }) => bills.add(name, nanoUsd));
  }

  /** Returns the 95th percentile of the latest bills. */
  learned(account: string, name: string): Promise<number | undefined> {
    return this.run(account, ({ bills }) => bills.learned(name));
  }

  /** @internal */
  private command(account: string, hold: SpendHold, command: SpendCommand): Promise<number | undefined> {
    return this.run(account, ({ holds }, now) => {
      const { state } = holds.apply(holdName(hold.id), hold, command, now);
      return state.name === 'held' ? state.expiresAt : undefined;
    });
  }

  /** @internal */
  private run<T>(account: string, work: (found: Account, now: number) => T): Promise<T> {
    const { accounts, now } = storeParts.of(this);
    let found = accounts.get(account);
    if (found === undefined) {
      found = new Account();
      accounts.set(account, found);
    }
    return Promise.resolve(work(found, now()));
  }
}

interface SubjectWindow {
  /** Number of the subject. */
  readonly subject: number;
  /** Number of the window among those of the subject. */
  readonly window: number;
  readonly of: SpendSubject;
  readonly picked: PickedWindow;
  readonly place: SpendPlace;
}

function eachWindow(
  subjects: readonly SpendSubject[],
  picked: readonly (readonly PickedWindow[])[],
): readonly SubjectWindow[] {
  return subjects.flatMap((of, subject) =>
    (picked[subject] ?? []).map((one, window) => ({
      subject,
      window,
      of,
      picked: one,
      place: placeOf(of, one),
    })),
  );
}

function figuresOf(
  windows: WindowBook,
  subjects: readonly SpendSubject[],
  picked: readonly (readonly PickedWindow[])[],
): SpendFigureLists {
  return subjects.map((subject, index) =>
    (picked[index] ?? []).map((one) => windows.figuresOf(subject, one)),
  );
}

/** Adjustments have ids of their own. */
function holdName(id: string): string {
  return `hold/${id}`;
}

function adjustmentName(id: string): string {
  return `adjustment/${id}`;
}
