/** Settings of `BalanceService.refresh`. */
export interface BalanceRefreshOptions {
  /** Ends the wait of this caller alone: the call rejects with an `OpenRouterAbortException`. */
  signal?: AbortSignal | undefined;
}

/** Settings of `BalanceService.get`. */
export interface BalanceGetOptions extends BalanceRefreshOptions {
  /**
   * The age in milliseconds up to which a reading will do, in the place of the windows of the module's `balance`
   * options; 0 always makes a new one.
   */
  maxAgeMs?: number | undefined;
}

/** Settings of `BalanceService.forecast`. */
export interface BalanceForecastOptions extends BalanceRefreshOptions {
  /** How many completed UTC days to look back at most, from 1 to 30. @defaultValue `7` */
  days?: number | undefined;
}

/** Settings of `BalanceService.recordSpend`. */
export interface RecordSpendOptions {
  /**
   * Hash of the key that the money was spent with, as `ApiKeysService.hashOf(key)` or a `KeyDetails` has it: 64
   * lower-case hexadecimal digits. With another key than the account's own `apiKey` it is taken from the account's
   * balance alone, and not from that key's limits. @defaultValue the account's own `apiKey`
   */
  keyHash?: string | undefined;
}
