/** Everything that a store holds of an account, as of one moment. */
export interface SharedBalance {
  /**
   * Sequence number of the last {@link BalanceStore.write} or {@link BalanceStore.invalidate}; 0 before the first one.
   */
  readonly sequence: number;
  /** The last reading; `undefined` if there is none, or if it has expired or was invalidated. */
  readonly reading: SharedReading | undefined;
  /** The recorded spend that is still kept, in any order. */
  readonly spend: readonly SharedSpend[];
  /** The state that {@link BalanceStore.claimAlert} set last; `undefined` if there is none, or it has expired. */
  readonly alertState: string | undefined;
  /**
   * Whether a flight has the lead at this moment. Optional: if a store omits it, a process that waits for another
   * process's flight requests the lead itself once a second, to notice that the flight has failed.
   */
  readonly isLed?: boolean | undefined;
}

/** A reading as a store returns it. */
export interface SharedReading {
  /** The string that was written, unchanged. */
  readonly text: string;
  /**
   * Time since the reading was written, in milliseconds, on the store's own clock. If a `write` may take effect late,
   * the time since the reading's flight began. Never too low.
   */
  readonly ageMs: number;
}

/** A sum of recorded spend, as a store returns it. */
export interface SharedSpend {
  /** The sum in millionths of a US dollar, a whole number. */
  readonly microUsd: number;
  /** Time since the sum's latest amount was recorded, in milliseconds, on the store's own clock. Never too high. */
  readonly ageMs: number;
  /**
   * Name of the sum. A named sum only grows as long as the store has it. Absent if the store
   * {@link BalanceStore.namesSpend | does not name} sums.
   */
  readonly id?: string | undefined;
  /** The part of `microUsd` that was not spent with the account's own `apiKey`. @defaultValue `0` */
  readonly otherKeysMicroUsd?: number | undefined;
  /** Time between the sum's earliest and its latest amount, in milliseconds. @defaultValue `1000` */
  readonly spanMs?: number | undefined;
}

/** A named sum of recorded spend, as a process sends it. */
export interface NamedSpend {
  /** Name of the sum: the name of a process, a dot, and a number. Up to 40 lower-case letters, digits and a dot. */
  readonly id: string;
  /** The sum in millionths of a US dollar, a whole number. */
  readonly microUsd: number;
  /** The part of `microUsd` that was not spent with the account's own `apiKey`, a whole number. */
  readonly otherKeysMicroUsd: number;
  /** Time since the sum's latest amount was recorded, in milliseconds. */
  readonly ageMs: number;
  /** Time between the sum's earliest and its latest amount, in milliseconds. */
  readonly spanMs: number;
}

/** An announced attempt of one process to ask OpenRouter. */
export interface BalanceFlight {
  /** Number of the flight: higher than every number that `begin` or `invalidate` drew for the account before. */
  readonly sequence: number;
  /** Whether the other processes wait for this flight. */
  readonly leads: boolean;
}

/**
 * Shares the balance of accounts between the processes of an application (`balance.store`).
 *
 * A store has little to do, because the package does the rest: it writes and checks the strings, decides what is fresh,
 * and never trusts an answer. **No method has to be fast or to succeed.** Each call is abandoned after a quarter of a
 * second. A call that hangs, throws or answers nonsense counts as "nothing there", and the process asks OpenRouter
 * itself. After a failure the store is left alone for a second. A method may be called again while an earlier call has
 * not settled. To report trouble, a store only has to reject: the package logs and counts that there is trouble, and
 * shows the reason to nobody.
 *
 * Rules for every method:
 * - **`account`** is a string of lower-case hexadecimal digits: a hash of the keys and of the API's host. No two
 *   accounts share it, and a rotated key begins without data. It is safe to log, and safe to use in the store's own
 *   keys.
 * - **Time** is the store's own clock, never the caller's: clocks of machines differ, and ages must mean the same
 *   everywhere. Durations are whole milliseconds.
 * - **`sequence`** numbers are safe integers that rise per account, over all processes. They should go on rising after
 *   the store has lost its data: the greater of "last number + 1" and the store's clock in milliseconds does that.
 * - **Each method is atomic** as seen by the others.
 *
 * `InMemoryBalanceStore` is the shortest example.
 */
export interface BalanceStore {
  /**
   * Returns everything that is kept of an account, as of one moment: the reading must not be older or newer than the
   * spend and the alert state that come with it. Each process that has a reading calls this twice a second; a process
   * that waits for another process's flight calls it repeatedly.
   *
   * For an unknown account, returns sequence 0, no reading, no spend and no alert state.
   */
  read(account: string): Promise<SharedBalance>;

  /**
   * Announces a flight: a process wants to ask OpenRouter. Draws the next sequence number for it.
   *
   * The flight leads if no other flight has the lead. A call that a client sends again after a broken connection finds
   * the flight that it announced before. The lead lasts until {@link BalanceStore.end} or {@link BalanceStore.write}
   * with the same number, or for `holdMs`, whichever comes first, so that a process that died does not keep the others
   * waiting. The lead is only an optimisation: a flight without it may still ask OpenRouter and write.
   *
   * @param holdMs - How long the lead lasts at most.
   */
  begin(account: string, holdMs: number): Promise<BalanceFlight>;

  /**
   * Ends the lead of the flight with this number, if it still has the lead. Otherwise does nothing; in particular, it
   * leaves the lead of a later flight alone.
   */
  end(account: string, sequence: number): Promise<void>;

  /**
   * Replaces the reading if `sequence` is higher than that of the last write or invalidation: a flight that began
   * earlier never replaces a later result. If the reading was replaced, ends the flight's lead; the store may then drop
   * spend that is older than `settledMs`, because the reading includes it.
   *
   * @param sequence - Number of the flight that made the reading.
   * @param text - The reading: a JSON string of less than a kilobyte, without secrets. The store must neither interpret
   *   nor change it.
   * @param keepMs - How long the reading must be kept; it must be dropped some time after that.
   * @param settledMs - The age from which on recorded spend is included in the reading.
   * @returns Whether the reading was replaced.
   */
  write(account: string, sequence: number, text: string, keepMs: number, settledMs: number): Promise<boolean>;

  /**
   * Drops the reading and draws a sequence number for the invalidation, so that flights that began earlier can no
   * longer write, and every process notices. Ends the current lead, because nobody needs to wait for that flight any
   * more. Spend and alert state stay.
   */
  invalidate(account: string): Promise<void>;

  /**
   * Whether {@link BalanceStore.addSpend} keeps sums by name, and {@link BalanceStore.read} returns the names.
   *
   * With names, spend survives whatever the store loses: each process sends again the sums that it knows and the store
   * has lost, and nothing counts twice, however often it is sent. Without names, a loss goes unnoticed if other spend
   * hides it (the store was emptied, and took in as much again before it was read). What can be spent is then
   * overstated until the next readings.
   */
  readonly namesSpend?: boolean;

  /**
   * Records spend, in one of two ways:
   *
   * - A store that {@link BalanceStore.namesSpend | names} sums keeps each of `sums` by its `id`, and merges it with
   *   what it already has under that `id`. Of `microUsd` and of `otherKeysMicroUsd` it keeps the greater value. `ageMs`
   *   and `spanMs` denote an end and a beginning, counted back from now on the store's own clock: it keeps the later
   *   end and the earlier beginning. An end in the future, after the clock was set back, is replaced by now. The store
   *   uses no other argument.
   * - Any other store adds `microUsd`. It may keep amounts of one second as their sum. It must keep amounts of
   *   different times apart, because a reading includes some and not others.
   *
   * @param microUsd - Millionths of a US dollar that were not sent before, a whole number. Above 0 if the store does
   *   not name sums. Sums must stay exact: no floating point.
   * @param keepMs - How long the spend must be kept; it must be dropped some time after that.
   * @param sums - The sums that `microUsd` is part of, and the sums that the store has lost. A call without sums adds
   *   `microUsd`, even to a store that names sums.
   */
  addSpend(account: string, microUsd: number, keepMs: number, sums?: readonly NamedSpend[]): Promise<void>;

  /**
   * Changes the alert state if it still is what the caller has seen (compare and set). Of the processes that notice the
   * same crossing, exactly one succeeds and emits the alert.
   *
   * A claim that was carried out must never be answered with `false`, or no process emits the alert. If the store's
   * client may send a command again after its connection broke, the store must recognise a claim that it has already
   * carried out, for example by an id of the call.
   *
   * @param expected - The state as {@link BalanceStore.read} returned it; `undefined` for none.
   * @param next - The new state: a short string that the store must neither interpret nor change.
   * @param keepMs - How long the state must be kept; it must be dropped some time after that.
   * @returns Whether this call changed the state, however often it was sent.
   */
  claimAlert(account: string, expected: string | undefined, next: string, keepMs: number): Promise<boolean>;
}
