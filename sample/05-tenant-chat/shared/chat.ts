/** What the server and the page exchange. Amounts are US dollars; times are in the format of ISO 8601. */

/** Somebody who may sign in. */
export interface Person {
  readonly id: string;
  readonly name: string;
  /** The tenant that pays. */
  readonly tenant: string;
}

export type PlanName = 'free' | 'team';

export interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The body of `POST /api/chat`. The server keeps no conversation: the page sends all of it. */
export interface Conversation {
  readonly messages: readonly Message[];
}

/** The server-sent events of an answer, by type. */
export interface ChatEvents {
  /** The next piece of the answer. */
  readonly text: string;
  /** What the answer has cost. */
  readonly cost: number;
  /** The answer has broken off. The event says why. */
  readonly failure: string;
}

/** What counts against a limit of the plan. */
export interface Limit {
  /** What it is called, for example `team per month`. */
  readonly name: string;
  readonly limitUsd: number;
  readonly spentUsd: number;
  /** Reserved for answers that are still coming, or whose cost is not known yet. */
  readonly heldUsd: number;
  readonly remainingUsd: number;
  readonly resetsAt: string | null;
}

/** What a person has asked this month. */
export interface PersonSpend {
  readonly person: string;
  readonly answers: number;
  readonly usd: number;
}

/** The answer of `GET /api/usage`. */
export interface Usage {
  readonly plan: PlanName;
  readonly limits: readonly Limit[];
  /** The tenant's month, in UTC. */
  readonly month: { readonly people: readonly PersonSpend[]; readonly usd: number };
}
