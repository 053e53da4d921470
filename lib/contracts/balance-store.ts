/** What a store holds of an account, all of it as of one moment. */
export interface SharedBalance {
  /** Sequence number of the last {@link BalanceStore.write} or {@link BalanceStore.invalidate}; 0 if there was none. */
  readonly sequence: number;
  /** The last reading; `undefined` if there is none, it has expired, or it was invalidated. */
  readonly reading: SharedReading | undefined;
  /** Spend that was recorded and is still kept, in any order. */
  readonly spend: readonly SharedSpend[];
  /** What {@link BalanceStore.claimAlert} set last; `undefined` if it never did, or has expired. */
  readonly alertState: string | undefined;
  /**
   * Whether a flight has the lead at this moment. Where a store does not say, a process that waits for another one's
   * flight finds out that it has failed by asking for the lead itself, once a second.
   */
  readonly isLed?: boolean | undefined;
}

/** A reading as a store gives it back. */
export interface SharedReading {
  /** The text that was written, unchanged. */
  readonly text: string;
  /**
   * Time since it was written, in milliseconds, on the store's own clock; or since its flight began, where a `write`
   * may take effect late. Never too low.
   */
  readonly ageMs: number;
}

/** A sum of recorded spend, as a store gives it back. */
export interface SharedSpend {
  /** The sum in millionths of a US dollar, a whole number. */
  readonly microUsd: number;
  /** Time since the youngest of its amounts was recorded, in milliseconds, on the store's own clock; never too high. */
  readonly ageMs: number;
  /** Name of the sum, which only grows as long as the store has it; absent where the store {@link BalanceStore.namesSpend | does not name} sums. */
  readonly id?: string | undefined;
  /** How many of `microUsd` were not spent with the account's own `apiKey`. @defaultValue `0` */
  readonly otherKeysMicroUsd?: number | undefined;
  /** How much earlier than the youngest of its amounts the oldest was recorded, in milliseconds. @defaultValue `1000` */
  readonly spanMs?: number | undefined;
}

/** A sum of recorded spend with a name, as a process sends it. */
export interface NamedSpend {
  /** Name of the sum: that of a process, a dot, and a number. Up to 40 lower-case letters, digits and a dot. */
  readonly id: string;
  /** The sum in millionths of a US dollar, a whole number. */
  readonly microUsd: number;
  /** How many of them were not spent with the account's own `apiKey`, a whole number. */
  readonly otherKeysMicroUsd: number;
  /** Time since the youngest of its amounts was recorded, in milliseconds. */
  readonly ageMs: number;
  /** How much earlier than that the oldest was recorded, in milliseconds. */
  readonly spanMs: number;
}

/** Leave to ask OpenRouter. */
export interface BalanceFlight {
  /** Number of the flight: higher than every number given for the account before, by `begin` or by `invalidate`. */
  readonly sequence: number;
  /** Whether this is the flight that the others wait for. */
  readonly leads: boolean;
}

/**
 * Shares the balance of accounts between the processes of an application (`balance.store`).
 *
 * What a store must do is small, since the package does the thinking: it makes and checks the texts, decides what is
 * fresh, and never trusts an answer. **No method has to be fast or to succeed.** Each call is given up after a quarter
 * of a second, and one that hangs, throws or answers nonsense counts as "nothing there": the process then asks
 * OpenRouter itself. After a failure the store is left alone for a second. A method may be called again while an
 * earlier call has not settled. A rejection is all that is needed to report trouble: it is logged and counted that there
 * is some, and nobody sees its reason.
 *
 * What every method has to keep to:
 * - **`account`** is a text of lower-case hexadecimal digits: a hash of the keys and of the API's host, so that no
 *   two accounts meet, and a rotated key begins anew. It is safe to log, and to be part of a key of the store's own.
 * - **Time** is the store's own clock, never the caller's: clocks of machines differ, and ages have to mean the same
 *   everywhere. Durations are whole milliseconds.
 * - **`sequence`** numbers rise by account, over all processes, and should go on rising after the store has lost its
 *   data: the greater of "last number + 1" and the store's clock in milliseconds does that. They are safe integers.
 * - **Each method is atomic** as seen by the others.
 *
 * `InMemoryBalanceStore` is the shortest example.
 */
export interface BalanceStore {
  /**
   * Gives everything that is kept of an account, as of one moment: a reading must not be older or newer than the
   * spend or the alert state that comes with it. Called twice a second by each process that has a reading, and
   * repeatedly by a process that waits for another one's flight.
   *
   * For an account that it does not know: sequence 0, no reading, no spend, no alert state.
   */
  read(account: string): Promise<SharedBalance>;

  /**
   * Announces a flight: a process wants to ask OpenRouter. Draws the next sequence number for it.
   *
   * The flight leads if no other one has the lead; a call that a client sends again finds its own. The lead is kept until {@link BalanceStore.end} or
   * {@link BalanceStore.write} of the same number, or for `holdMs`, whichever comes first, so that a process that has
   * died does not keep the others waiting. It is an optimisation alone: a flight that does not lead may ask
   * OpenRouter all the same, and write.
   *
   * @param holdMs - How long the lead is kept at most.
   */
  begin(account: string, holdMs: number): Promise<BalanceFlight>;

  /**
   * Gives up the lead if the flight of this number still has it; otherwise does nothing, and above all does not touch
   * the lead of a later flight.
   */
  end(account: string, sequence: number): Promise<void>;

  /**
   * Replaces the reading, provided that `sequence` is higher than that of the last write or invalidation: a flight
   * that began earlier never replaces what came later. Where it has been replaced, gives up the flight's lead, and
   * may forget spend that is older than `settledMs`: the reading includes it.
   *
   * @param sequence - Number of the flight that made the reading.
   * @param text - The reading: JSON of less than a kilobyte, without anything secret. Not to be understood or changed.
   * @param keepMs - How long it has to be kept; it is to be forgotten some time after.
   * @param settledMs - Age from which on recorded spend is included.
   * @returns Whether it was replaced.
   */
  write(account: string, sequence: number, text: string, keepMs: number, settledMs: number): Promise<boolean>;

  /**
   * Forgets the reading, and draws a sequence number of its own for that: flights that began before it can no longer
   * write, and every process notices by the number. Takes the lead away from the flight that has it, since nobody
   * need wait for that one any more. Spend and alert state stay.
   */
  invalidate(account: string): Promise<void>;

  /**
   * Whether {@link BalanceStore.addSpend} keeps sums by their names, and {@link BalanceStore.read} tells them.
   *
   * With names, spend survives whatever the store loses: what a process knows and the store has lost it sends again,
   * and nothing counts twice however often it is sent. Without, a loss that other spend hides (the store was emptied
   * and has taken in as much again before it was asked) is not noticed, and what can be spent is overstated until the
   * next readings.
   */
  readonly namesSpend?: boolean;

  /**
   * Records spend, in one of two ways:
   *
   * - A store that {@link BalanceStore.namesSpend | names} sums keeps each of `sums` by its `id`: of `microUsd` and
   *   `otherKeysMicroUsd` the greater of what it has and what is given; of the moments that `ageMs` and `spanMs` stand
   *   for, counted back from now on its own clock, the later end and the earlier beginning. An end that lies in the future,
   *   since the clock was put back, is now. It looks at nothing else.
   * - Any other adds `microUsd`. Amounts of one second may be kept as their sum; amounts of different times must not,
   *   since a reading includes some and not others.
   *
   * @param microUsd - Millionths of a US dollar that were not sent before, a whole number. Above 0 where the store does
   *   not name sums. Sums stay exact: no floating point.
   * @param keepMs - How long it has to be kept; it is to be forgotten some time after.
   * @param sums - The sums that `microUsd` is part of, and those that the store has lost. A call without any adds
   *   `microUsd`, also to a store that names sums.
   */
  addSpend(account: string, microUsd: number, keepMs: number, sums?: readonly NamedSpend[]): Promise<void>;

  /**
   * Changes the alert state, provided that it still is what the caller has seen (compare and set): of the processes
   * that notice one crossing, this makes one its messenger.
   *
   * A claim that was carried out must not be answered with `false`, or nobody tells: where a client of a store may send
   * a command again after its connection broke, the store has to know a claim that it has carried out already, for
   * example by an id of the call.
   *
   * @param expected - The state as {@link BalanceStore.read} gave it; `undefined` for none.
   * @param next - The new state: a short text, not to be understood or changed.
   * @param keepMs - How long it has to be kept; it is to be forgotten some time after.
   * @returns Whether it was changed by this call, however often that was sent.
   */
  claimAlert(account: string, expected: string | undefined, next: string, keepMs: number): Promise<boolean>;
}
