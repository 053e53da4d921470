/** A store that is tested, empty, and a way to let time pass for it. */
export interface StoreUnderTest<Store> {
  /** The store. */
  readonly store: Store;
  /** Lets so many milliseconds pass on the store's own clock: by a faked clock, or by waiting. */
  readonly pass: (ms: number) => Promise<void>;
}

/** One rule of a store's contract, for any test runner. */
export interface StoreContractTest<Store> {
  /** What the store does, as the title of a test. */
  readonly name: string;
  /**
   * Tests it. Durations are a few hundred milliseconds, so that a real store can be tested.
   *
   * @param open - Opens a store that holds nothing. What it opens is for the caller to close.
   * @throws An `AssertionError` if the store breaks the rule.
   */
  readonly run: (open: () => Promise<StoreUnderTest<Store>>) => Promise<void>;
}

/** Makes the list of a contract's tests from its rules. */
export function contractOf<Store>(
  rules: Readonly<Record<string, (opened: StoreUnderTest<Store>) => Promise<void>>>,
): readonly StoreContractTest<Store>[] {
  return Object.entries(rules).map(([name, rule]) => ({
    name,
    run: async (open) => rule(await open()),
  }));
}
