/** Settings of `SpendLimitsService.reserve`. */
export interface SpendReserveOptions {
  /**
   * Identifies the reservation within its scope: the same id again, with the same scope, gives the same reservation. 1 to
   * 200 characters without control characters or halves of surrogate pairs. The ledger adds a `/` and a hash of the id and the scope.
   * @defaultValue a new one
   */
  id?: string | undefined;
  /**
   * After how many milliseconds without a sign of life it counts as lost, from 1 000 to 3 600 000.
   * @defaultValue `spendLimits.leaseMs`
   */
  leaseMs?: number | undefined;
  /** Ends the wait with an `OpenRouterAbortException`; what was reserved by then is released. */
  signal?: AbortSignal | undefined;
}
