import type { SpendLedger, SpendLedgerEntry } from './spend-ledger.js';

/**
 * One span of time in which spend is counted, for example one day, on the store's clock.
 *
 * Times are milliseconds since 1970, whole numbers.
 */
export interface SpendSpan {
  /** Names the span among all spans of a subject, for example `day@UTC:2026-11-28`. Up to 120 characters, no spaces. */
  readonly id: string;
  /** The first moment of the span. */
  readonly from: number;
  /** The first moment after the span; `null` if it never ends. */
  readonly to: number | null;
  /** Until when the store keeps the span's figures, for bills that come late; `null`: as long as it can. */
  readonly keepUntil: number | null;
}

/**
 * A limit on what a subject may spend in a span of time.
 *
 * The store picks the span that contains its own present. `slots` is 1 for a day, a week, a month or all time: the
 * figures of the picked span count. A rolling window has more: each span is divided into so many equal slots. What
 * counts are the slots of the picked span up to the present one, and of the span before it those from the slot with the
 * same number on. The oldest slot thus counts in full, and the first span of a rolling window is never picked.
 */
export interface SpendWindow {
  /** Consecutive spans, the earliest first: at least the previous, the present and the next one by the caller's clock. */
  readonly spans: readonly SpendSpan[];
  /** Into how many slots each span is divided. */
  readonly slots: number;
  /** The most that may be spent, in nano-dollars; `null` for no limit. Other calls than `reserve` ignore it. */
  readonly limitNanoUsd: number | null;
}

/** Someone or something that spends, with the windows in which its spend is counted. */
export interface SpendSubject {
  /** Groups the subjects that a partitioned store must keep together. Lower-case hexadecimal digits. */
  readonly root: string;
  /** Identifies the subject within its root. Lower-case hexadecimal digits. */
  readonly key: string;
  /** At least one. Windows with the same span share its figures: an amount counts once in it, and must fit into each. */
  readonly windows: readonly SpendWindow[];
}

/** A slot of a window, in which an amount is counted. */
export interface SpendPlace {
  /** The root of the subject. */
  readonly root: string;
  /** The key of the subject. */
  readonly key: string;
  /** {@link SpendSpan.id} of the span. */
  readonly spanId: string;
  /** Number of the slot within the span, from 0 on. */
  readonly slot: number;
  /** {@link SpendSpan.keepUntil} of the span. */
  readonly keepUntil: number | null;
}

/** An amount that is reserved for one completion. Plain data: the caller keeps it and hands it back unchanged. */
export interface SpendHold {
  /** Identifies the hold within the account. 1 to 200 characters without control characters. */
  readonly id: string;
  /** What is held, in nano-dollars. */
  readonly nanoUsd: number;
  /**
   * Where it is counted. A bill is counted in the same places, however late it comes. A place that is listed twice counts
   * once.
   */
  readonly places: readonly SpendPlace[];
  /** A text of the caller's own, of up to 4 000 characters, which {@link SpendStore.claim} returns. */
  readonly note: string;
  /** OpenRouter's id of the generation, once it is known. */
  readonly generationId?: string | undefined;
}

/** What a subject has spent in a window. Amounts are nano-dollars; their sum is what counts against the limit. */
export interface SpendFigures {
  /** {@link SpendSpan.id} of the span that the store has picked. */
  readonly spanId: string;
  /** The first moment that counts. */
  readonly from: number;
  /** The next moment at which something stops counting; `null` if nothing ever does. */
  readonly to: number | null;
  /** What was billed, or given up and counted as billed. Below 0 where refunds are greater. */
  readonly settledNanoUsd: number;
  /** What is reserved for completions under way. */
  readonly heldNanoUsd: number;
  /** What was reserved by processes that no longer say anything of it, so that its bill has yet to be learned. */
  readonly unsettledNanoUsd: number;
}

/** An amount that is counted without a hold. */
export interface SpendAdjustment {
  /** Identifies it among the adjustments of the account. 1 to 200 characters without control characters. */
  readonly id: string;
  /** How much, in nano-dollars; below 0 for a refund. */
  readonly nanoUsd: number;
  /** Who it is for, each subject once. */
  readonly subjects: readonly SpendSubject[];
}

/** A wish to reserve an amount. */
export interface SpendRequest {
  /** See {@link SpendHold.id}. */
  readonly id: string;
  /** How much, in nano-dollars. */
  readonly nanoUsd: number;
  /** For how long the hold counts as under way unless it is extended, in milliseconds. */
  readonly leaseMs: number;
  /**
   * Who it is for, each subject once: the narrowest first, the broadest last. A store with a ledger is also asked for holds
   * without any subject: nothing refuses them, and they are claimed as others are if their process ends.
   */
  readonly subjects: readonly SpendSubject[];
  /** See {@link SpendHold.note}. */
  readonly note: string;
}

/** The figures of subjects: a list for each subject, with an entry for each window. */
export type SpendFigureLists = readonly (readonly SpendFigures[])[];

/** The hold counts. The same request again gives the same hold. */
export interface SpendAdmitted {
  /** Says that it is this answer. */
  readonly status: 'admitted';
  /** The hold, for the calls that follow. */
  readonly hold: SpendHold;
  /** Until when it counts as under way. */
  readonly expiresAt: number;
  /** The store's clock. */
  readonly now: number;
  /** The figures with the hold. If the admission is repeated, they may be of later spans than the hold. */
  readonly figures: SpendFigureLists;
}

/** The amount does not fit into a window. Nothing is held, and the id may be used again. */
export interface SpendRefused {
  /** Says that it is this answer. */
  readonly status: 'refused';
  /** Number of the first subject that refuses. */
  readonly subject: number;
  /** Number of its window that refuses. */
  readonly window: number;
  /** The store's clock. */
  readonly now: number;
  /** The figures without the hold. A partitioned store may have those of the subjects up to the refusing one's root alone. */
  readonly figures: SpendFigureLists;
}

/** There was a hold of this id, which is settled, released or unsettled. Nothing is held anew. */
export interface SpendEnded {
  /** Says that it is this answer. */
  readonly status: 'ended';
  /** The store's clock. */
  readonly now: number;
}

/**
 * A window has no span that contains `now`. Nothing was done: the caller makes spans for `now`, and calls again, with the
 * same id.
 */
export interface SpendNoWindow {
  /** Says that it is this answer. */
  readonly status: 'no-window';
  /** The store's clock. */
  readonly now: number;
}

/** The amounts are counted. */
export interface SpendBooked {
  /** Says that it is this answer. */
  readonly status: 'done';
  /** The store's clock. */
  readonly now: number;
}

/** What subjects have spent. */
export interface SpendReport {
  /** Says that it is this answer. */
  readonly status: 'done';
  /** The store's clock. */
  readonly now: number;
  /** The figures in the present spans. */
  readonly figures: SpendFigureLists;
}

/** The answer to a {@link SpendRequest}. */
export type SpendAdmission = SpendAdmitted | SpendRefused | SpendEnded | SpendNoWindow;

/** A hold whose lease has ended, for the caller to find out what was billed. */
export interface SpendClaim {
  /** The hold, for `commit`, `release` or `giveUp`. */
  readonly hold: SpendHold;
  /** When it was admitted, on the store's clock; when it was restored, if the store had lost it. */
  readonly admittedAt: number;
  /** How often it was claimed, this time included. */
  readonly claims: number;
}

/**
 * Keeps what is spent under the spend limits, for all processes of an application (`spendLimits.store`).
 *
 * Rules for every method:
 * - **`account`** is a string of lower-case hexadecimal digits: a hash of the account's name in the application
 *   and of the API's host. It is the same in every process, also after a rotation of the keys.
 * - **Amounts** are whole nano-dollars (10⁻⁹ US dollars), safe integers. No amount and no limit is above 9 · 10¹⁵
 *   (9 000 000 US dollars). A sum may be: the store keeps it exactly, and tells `Number.MAX_SAFE_INTEGER` instead of what is
 *   greater.
 * - **Time** is the store's own clock, never the caller's. Durations are whole milliseconds.
 * - **Each method is atomic** for each subject, as seen by the others. A store that can makes it atomic for all subjects of
 *   a call. One that cannot takes them in their order, and takes an admission back if a later subject refuses it.
 * - **A call may be repeated** with the same id, by a client after a broken connection or by the package: the first one
 *   counts.
 * - A call may reject, or hang: the package abandons it after a quarter of a second. Of the
 *   reason it shows the message of an `OpenRouterSpendStoreException`, and nothing of any other error.
 *
 * A hold that is open is kept until it ends, however long that takes: its amount counts for as long. An id that is settled
 * or released is remembered for 24 hours, one that is given up for a week.
 *
 * `spendStoreContract` of `nestjs-openrouter/testing` tests a store.
 */
export interface SpendStore {
  /**
   * Reserves an amount for all subjects, or for none: in each window, what is settled, held and unsettled, together with
   * the amount, must not be above the limit.
   */
  reserve(account: string, request: SpendRequest): Promise<SpendAdmission>;

  /**
   * Notes which generation the hold is for, and extends it as {@link SpendStore.extend} does. From now on it cannot be
   * released.
   */
  attach(account: string, hold: SpendHold, generationId: string, leaseMs: number): Promise<void>;

  /**
   * Lets the hold count as under way for `leaseMs` from now on. One that is unsettled is held again; one that the store
   * has lost is restored, without a look at the limits.
   *
   * @returns When it now expires, or `undefined` if it is over.
   */
  extend(account: string, hold: SpendHold, leaseMs: number): Promise<number | undefined>;

  /**
   * Settles the hold by its bill, however large, and however late. A bill of a hold that was given up replaces what was
   * counted for it. A bill of an id that the store does not know is counted as well: the store may have lost it. So is
   * one after {@link SpendStore.release} has found nothing to release, but not one after it has released the hold.
   *
   * A hold that the store knows is counted where it was reserved: the places of `hold` may be those of other spans of the
   * same subjects, made up by a process that has not heard of the reservation, and by a clock that differs. The places of
   * `hold` count only for a hold that the store does not know. The same is true of every other method that takes a hold.
   *
   * @param entry - For the ledger, if the store has one: written together with the bill.
   */
  commit(account: string, hold: SpendHold, nanoUsd: number, entry?: SpendLedgerEntry): Promise<void>;

  /**
   * Gives back what is held, because nothing is billed. Has no effect once a generation is attached. An id that the store
   * does not know is remembered, so that a late `reserve` of it is answered with `ended`.
   */
  release(account: string, hold: SpendHold): Promise<void>;

  /**
   * Takes back a reservation whose answer did not come, as {@link SpendStore.release} does: the caller does not know whether
   * there is a hold, nor in which places. The reservation may also arrive later, or at the same moment: nothing is held in
   * the end.
   */
  cancel(account: string, request: SpendRequest): Promise<void>;

  /**
   * Counts the hold as billed at what was held, because its bill cannot be learned. A bill that comes later replaces it.
   *
   * @param entry - For the ledger, if the store has one: written together with the amount.
   */
  giveUp(account: string, hold: SpendHold, entry?: SpendLedgerEntry): Promise<void>;

  /**
   * Adds an amount to what is settled in the present spans, whatever the limits say; below 0 it is a refund. An id counts
   * once within 24 hours; these ids are apart from those of holds.
   */
  adjust(account: string, adjustment: SpendAdjustment): Promise<SpendBooked | SpendNoWindow>;

  /**
   * Returns the figures of subjects in their present spans. Holds whose lease has ended are told as unsettled; where
   * hundreds have ended at once, some of them only by later calls.
   */
  usage(account: string, subjects: readonly SpendSubject[]): Promise<SpendReport | SpendNoWindow>;

  /**
   * Returns holds whose lease has ended and whose bill has to be learned. Each is given to one caller, and to another one
   * only if it is still unsettled after `claimMs`. May find a hold late, but not more than ten minutes after its lease.
   *
   * @param limit - How many at most.
   */
  claim(account: string, limit: number, claimMs: number): Promise<readonly SpendClaim[]>;

  /**
   * Takes the right to send a warning about a window, which one process gets.
   *
   * @param place - The window: a slot of any number.
   * @param name - What the warning is about, for example `0.8`: 1 to 40 printable characters.
   * @param claimId - Names the call. A call that a client sends again gets the answer of the first one.
   */
  claimWarning(account: string, place: SpendPlace, name: string, claimId: string): Promise<boolean>;

  /**
   * Raises what is settled in the present spans to what it was last known to be, where it is lower because the store has
   * lost something.
   *
   * @param settledNanoUsd - A list for each subject, with an entry for each window.
   */
  restore(
    account: string,
    subjects: readonly SpendSubject[],
    settledNanoUsd: readonly (readonly number[])[],
  ): Promise<SpendBooked | SpendNoWindow>;

  /** Notes what a completion was billed, to learn how much to hold. `name` is what it is learned for, such as a model. */
  learn(account: string, name: string, nanoUsd: number): Promise<void>;

  /**
   * Returns the 95th percentile of the bills of that name, of the last 200 at most; `undefined` if there are fewer than 30.
   */
  learned(account: string, name: string): Promise<number | undefined>;

  /**
   * Returns a text that differs from the one before if the store may have lost something since. Optional: a store that
   * loses nothing, or only together with the process, has none.
   */
  epoch?(account: string): Promise<string>;

  /** Returns what is wrong with how the store is set up, a sentence each, to be logged once. Optional. */
  check?(): Promise<readonly string[]>;

  /** A row for each completion. Optional: only a store that loses nothing has it. */
  readonly ledger?: SpendLedger;
}
