/** An amount that is reserved. What is neither committed nor released counts until its lease ends, and is then claimed. */
export interface SpendReservation {
  /** Identifies the reservation. */
  readonly id: string;
  /** What is reserved, in US dollars. */
  readonly usd: number;
  /** Until when it counts as under way. It is extended by itself while this process lives. */
  readonly expiresAt: Date;
  /** Notes OpenRouter's id of the generation, so that its bill is found even if this process ends. Forbids `release`. */
  attach(generationId: string): Promise<void>;
  /** Lets it count as under way for another lease. */
  extend(): Promise<void>;
  /**
   * Books what was billed, in US dollars, however much it is. The first call counts. If the store does not answer, it is
   * told later.
   */
  commit(usd: number): Promise<void>;
  /** Gives the amount back, because nothing was billed. Has no effect after `attach`, which says that something was sent. */
  release(): Promise<void>;
  /** Releases what is neither committed nor released. */
  [Symbol.asyncDispose](): Promise<void>;
}
