import { randomUUID } from 'node:crypto';
import type { Clock } from '../../async/clock.js';
import { type CompletionCost, type CompletionOutcome, NOBODY } from '../../contracts/completion-cost.js';
import {
  type CompletionEvent,
  type CompletionState,
  generationIdOf,
  isDecided,
  isNews,
  isOver,
  next,
  SENT,
} from './completion-state.js';
import { nanoToUsd } from '../../money/nano-usd.js';
import type { HeldSpend } from '../../spend-limits/reservations/held-spend.js';
import type {
  CompletionAnswer,
  CompletionRequest,
  CompletionUsage,
  OpenCompletion,
} from './open-completion.js';
import { wasNeverSent } from './request-fate.js';

/** Hears of everything that matters of a completion. */
export interface CompletionListener {
  /** The status and headers of the answer have arrived. */
  onAnswered(completion: FollowedCompletion): void;
  /** The answer is over, or there is none. */
  onOver(completion: FollowedCompletion): void;
  /** The cost was decided. */
  onCost(cost: CompletionCost, completion: FollowedCompletion): void;
  /** The first error has passed in the answer; `status` is that of the answer. */
  onError(error: unknown, status: number | undefined, completion: FollowedCompletion): void;
}

interface FollowedCompletionParts {
  /** Identifies the completion, and its hold. @defaultValue a new one */
  readonly id?: string | undefined;
  readonly clock: Clock;
  readonly inContext: (call: () => void) => void;
  readonly held?: HeldSpend | undefined;
}

/** One completion from the request until its cost is decided. Keeps nothing of the prompt or the answer. */
export class FollowedCompletion implements OpenCompletion {
  readonly id: string;
  readonly request: CompletionRequest;
  /** Calls a function in the async context of the request. */
  readonly inContext: (call: () => void) => void;
  /** What is reserved for it; `undefined` where nothing is limited. */
  readonly held: HeldSpend | undefined;

  readonly #listener: CompletionListener;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #startedOn: Date;
  #state: CompletionState = SENT;
  #endedAt: number | undefined;
  /** Whether the answer has passed; that of an error status may pass after the cost is decided. */
  #hasPassed = false;
  /** Whether the listener knows an error. */
  #hasReported = false;

  constructor(
    request: CompletionRequest,
    listener: CompletionListener,
    { id = randomUUID(), clock, inContext, held }: FollowedCompletionParts,
  ) {
    this.id = id;
    this.request = request;
    this.inContext = inContext;
    this.held = held;
    this.#listener = listener;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#startedOn = new Date(clock.wallNow());
  }

  get generationId(): string | undefined {
    return generationIdOf(this.#state);
  }

  get isLookingUp(): boolean {
    return this.#state.phase === 'looking-up';
  }

  /** Whether the answer is an error whose body the client may never read. */
  get isError(): boolean {
    return (this.#state.answer?.status ?? 0) >= 400;
  }

  /** Whether the cost is known, or was given up. */
  get isDecided(): boolean {
    return isDecided(this.#state);
  }

  /** Whether certainly nothing was billed. */
  get isUnspent(): boolean {
    return this.#state.phase === 'unspent';
  }

  /** Whether the cost could not be learned. */
  get isUnknown(): boolean {
    return this.#state.phase === 'unknown';
  }

  /** When the answer ended or its cost was read, by the monotonic clock. */
  get endedAt(): number {
    return this.#endedAt ?? this.#clock.now();
  }

  answered(answer: CompletionAnswer): void {
    this.#apply({ type: 'answered', answer });
    this.#attach();
    this.#listener.onAnswered(this);
  }

  told(usage: CompletionUsage): void {
    this.#attach(usage.generationId);
    this.#apply({ type: 'told', usage });
  }

  erred(error: unknown): void {
    if (this.#hasPassed) {
      return;
    }
    if (!this.#hasReported) {
      this.#hasReported = true;
      this.#listener.onError(error, this.#state.answer?.status, this);
    }
    this.#apply({ type: 'erred' });
  }

  ended(outcome: CompletionOutcome, error?: unknown): void {
    // The status of an error says enough, even if its body is not JSON.
    if (error !== undefined || this.isError) {
      this.erred(error);
    }
    this.#hasPassed = true;
    this.#apply({ type: 'ended', outcome });
  }

  unanswered(reason: unknown, isAborted: boolean, isUnsent = false): void {
    this.#hasPassed = true;
    const wasSent = !isUnsent && (isAborted || !wasNeverSent(reason));
    this.#apply({ type: 'unanswered', isAborted, wasSent });
  }

  /** `/generation` has told the cost. */
  found(usage: CompletionUsage): void {
    this.#apply({ type: 'found', usage });
  }

  /** Nobody waits for the cost any longer. */
  giveUp(): void {
    this.#apply({ type: 'given-up' });
  }

  /** Lets another process find the bill, if this one ends before it does. */
  #attach(generationId = this.generationId): void {
    if (generationId !== undefined) {
      void this.held?.attach(generationId);
    }
  }

  #apply(event: CompletionEvent): void {
    const before = this.#state;
    const after = next(before, event);
    this.#state = after;
    const isNewlyOver = isOver(after) && !isOver(before);
    if (isNewlyOver || isNews(before, after)) {
      this.#endedAt ??= this.#clock.now();
    }
    if (isNews(before, after)) {
      this.#listener.onCost(this.#cost, this);
    }
    if (isNewlyOver) {
      this.#listener.onOver(this);
    }
  }

  get #cost(): CompletionCost {
    const { answer, usage, outcome, source } = this.#state;
    const { provider, promptTokens, completionTokens, isByok } = usage;
    // A bill that cannot be learned counts against the limits as what was held.
    const heldUsd = this.held && nanoToUsd(this.held.nanoUsd);
    const isHeld = usage.usd === undefined && heldUsd !== undefined;
    const { generationId } = this;
    const { model: requestedModel, path } = this.request;
    const model = usage.model ?? requestedModel;
    return Object.freeze({
      id: this.id,
      ...(generationId !== undefined && { generationId }),
      usd: usage.usd ?? heldUsd ?? null,
      source: isHeld ? 'hold' : source,
      ...(heldUsd !== undefined && { heldUsd }),
      ...(model !== undefined && { model }),
      ...(requestedModel !== undefined && { requestedModel }),
      path,
      ...(answer !== undefined && { status: answer.status }),
      ...(provider !== undefined && { provider }),
      ...(promptTokens !== undefined && { promptTokens }),
      ...(completionTokens !== undefined && { completionTokens }),
      isByok,
      isStream: answer?.isStream ?? this.request.isStream,
      outcome,
      scope: this.request.scope ?? NOBODY,
      startedAt: this.#startedOn,
      durationMs: this.endedAt - this.#startedAt,
    });
  }
}
