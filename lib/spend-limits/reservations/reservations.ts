import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpendScope } from '../../contracts/completion-cost.js';
import type {
  SpendAdmission,
  SpendRefused,
  SpendRequest,
  SpendSubject,
} from '../../contracts/spend-store.js';
import type { ResolvedSpendLimitsOptions } from '../../options/spend-limits-options.js';
import { type LimitValues } from '../rules/limit-values.js';
import { type AppliedRule, type RuleBook, ruleNumbers } from '../rules/rule-book.js';
import type { SpendUsage } from '../../contracts/spend-usage.js';
import type { BoundedSpendStore } from '../store/bounded-spend-store.js';
import type { SpendOutbox } from '../store/spend-outbox.js';
import { HeldSpend } from './held-spend.js';
import type { OutageAllowance } from './outage-allowance.js';
import { type RefusedAmount, type RuleFigures, ruleFigures, usageOf } from './spend-usage.js';
import type { StoreWindows } from './store-windows.js';

/** A wish to reserve an amount. */
export interface ReservationRequest {
  readonly scope: SpendScope | undefined;
  readonly nanoUsd: number;
  readonly id: string;
  /** See `SpendHold.note`. */
  readonly note: string;
  readonly leaseMs?: number | undefined;
}

/**
 * What came of it: it is held; no rule applies; a rule refuses; it is not known whether a rule refuses; the account is closed;
 * or the id was used before.
 */
export type ReservationOutcome =
  | { readonly status: 'held'; readonly held: HeldSpend }
  | { readonly status: 'free' }
  | { readonly status: 'refused'; readonly usage: SpendUsage }
  | { readonly status: 'unavailable' }
  | { readonly status: 'closed' }
  | { readonly status: 'ended' };

export interface ReservationsParts {
  readonly rules: RuleBook;
  readonly limits: LimitValues;
  readonly store: BoundedSpendStore;
  readonly outbox: SpendOutbox;
  readonly allowance: OutageAllowance;
  readonly options: Pick<ResolvedSpendLimitsOptions, 'leaseMs'>;
  /** Whether the store keeps a ledger: then a completion is held even where no rule applies, to be found if its process dies. */
  readonly hasLedger: boolean;
  readonly windows: StoreWindows;
  /** Called with what the store tells of the rules that apply to a scope. */
  readonly onFigures: (figures: readonly RuleFigures[], refused?: RefusedAmount) => void;
  /** Called when a bill is booked, with the rules that it counts for. */
  readonly onBilled: (applied: readonly AppliedRule[], nanoUsd: number) => void;
}

/** Reserves amounts under the rules of an account, and tells what counts against them. */
export class Reservations {
  readonly #parts: ReservationsParts;
  readonly #inOwnContext = AsyncLocalStorage.snapshot();
  readonly #open = new Set<HeldSpend>();
  #isClosed = false;

  constructor(parts: ReservationsParts) {
    this.#parts = parts;
  }

  /** What this process holds. */
  get heldNanoUsd(): number {
    return [...this.#open].reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
  }

  /** Reserves an amount for all rules that apply to a scope, or for none. */
  async reserve(request: ReservationRequest): Promise<ReservationOutcome> {
    const outcome: ReservationOutcome = this.#isClosed ? { status: 'closed' } : await this.#reserve(request);
    if (this.#isClosed && outcome.status === 'held') {
      // Nobody would look after it any longer.
      await outcome.held.release();
      return { status: 'closed' };
    }
    return outcome;
  }

  async #reserve(request: ReservationRequest): Promise<ReservationOutcome> {
    const { hasLedger, rules, limits: values } = this.#parts;
    const applied = rules.applying(request.scope);
    if (applied.length === 0) {
      return hasLedger ? this.#withoutLimits(request) : { status: 'free' };
    }
    const limits = await values.of(applied);
    return limits === undefined
      ? this.#withoutStore(request, applied)
      : this.#withLimits(request, applied, limits);
  }

  /** What counts against the rules that apply to a scope, in the order of the options; `undefined` if it is not known. */
  async usage(scope: SpendScope | undefined): Promise<readonly SpendUsage[] | undefined> {
    const { rules, limits: values, windows } = this.#parts;
    const applied = rules.applying(scope);
    const limits = await values.of(applied);
    if (applied.length === 0 || limits === undefined) {
      return limits === undefined ? undefined : [];
    }
    const lists = await windows.figures(applied, limits);
    return lists === undefined
      ? undefined
      : ruleFigures(applied, limits, lists)
          .toSorted((one, other) => one.applied.number - other.applied.number)
          .map(usageOf);
  }

  /** The holds of this process go on counting until their leases end: another process may learn their bills. */
  close(): void {
    this.#isClosed = true;
    for (const held of [...this.#open]) {
      held.abandon();
    }
  }

  async #withLimits(
    request: ReservationRequest,
    applied: readonly AppliedRule[],
    limits: readonly (number | null)[],
  ): Promise<ReservationOutcome> {
    const { store, outbox, windows } = this.#parts;
    let sent: SpendRequest | undefined;
    const answer = await windows.ask<SpendAdmission>(applied, limits, (subjects) => {
      const asked = this.#requestOf(request, subjects);
      sent = asked;
      return store.ask((inner, account) => inner.reserve(account, asked));
    });
    switch (answer?.status) {
      case 'admitted': {
        this.#parts.onFigures(ruleFigures(applied, limits, answer.figures));
        return { status: 'held', held: this.#follow(request, answer.hold, answer.expiresAt, applied) };
      }
      case 'refused': {
        return this.#refused(request, applied, limits, answer);
      }
      case 'ended':
        return { status: 'ended' };
      default: {
        const outcome = this.#withoutStore(request, applied);
        const asked = sent;
        if (outcome.status === 'unavailable' && asked !== undefined) {
          // The store may have admitted it. Where it was allowed, it counts then, and its bill finds it.
          void outbox.send((inner, account) => inner.cancel(account, asked));
        }
        return outcome;
      }
    }
  }

  /** Nothing refuses it, so it goes on without a hold if the store does not answer. */
  async #withoutLimits(request: ReservationRequest): Promise<ReservationOutcome> {
    const { store, outbox } = this.#parts;
    const asked = this.#requestOf(request, []);
    const answer = await store.ask((inner, account) => inner.reserve(account, asked));
    switch (answer?.value.status) {
      case 'admitted':
        return { status: 'held', held: this.#follow(request, answer.value.hold, answer.value.expiresAt, []) };
      case 'ended':
        return { status: 'ended' };
      default:
        void outbox.send((inner, account) => inner.cancel(account, asked));
        return { status: 'free' };
    }
  }

  #refused(
    { nanoUsd }: ReservationRequest,
    applied: readonly AppliedRule[],
    limits: readonly (number | null)[],
    { figures: lists, subject, window }: SpendRefused,
  ): ReservationOutcome {
    const figures = ruleFigures(applied, limits, lists);
    const number = ruleNumbers(applied)[subject]?.[window];
    const refusing = figures.find(({ applied: one }) => one === applied[number ?? -1]);
    this.#parts.onFigures(figures, refusing && { applied: refusing.applied, nanoUsd });
    // Without figures it is not known what is spent, and nothing is made up.
    return refusing === undefined
      ? { status: 'unavailable' }
      : { status: 'refused', usage: usageOf(refusing) };
  }

  /** The store did not answer, or a limit is not known. */
  #withoutStore(request: ReservationRequest, applied: readonly AppliedRule[]): ReservationOutcome {
    const { allowance, windows } = this.#parts;
    const settleTaken = allowance.take(request.nanoUsd);
    if (settleTaken === undefined) {
      return { status: 'unavailable' };
    }
    const { id, nanoUsd, note } = request;
    const hold = { id, nanoUsd, note, places: windows.places(applied) };
    const expiresAt = windows.now + this.#leaseOf(request);
    const held = this.#follow(request, hold, expiresAt, applied, (billed) => settleTaken(billed ?? 0));
    return { status: 'held', held };
  }

  #follow(
    request: ReservationRequest,
    hold: ConstructorParameters<typeof HeldSpend>[0],
    expiresAt: number,
    applied: readonly AppliedRule[],
    onSettled: (billedNanoUsd: number | undefined) => void = () => undefined,
  ): HeldSpend {
    const { store, outbox } = this.#parts;
    const held = new HeldSpend(hold, expiresAt, {
      store,
      outbox,
      leaseMs: this.#leaseOf(request),
      inOwnContext: (call) => this.#inOwnContext(call),
      onOver: (over, billedNanoUsd) => {
        this.#open.delete(over);
        onSettled(billedNanoUsd);
        if (billedNanoUsd !== undefined) {
          this.#parts.onBilled(applied, billedNanoUsd);
        }
      },
    });
    this.#open.add(held);
    return held;
  }

  #requestOf(request: ReservationRequest, subjects: readonly SpendSubject[]): SpendRequest {
    const { id, nanoUsd, note } = request;
    return { id, nanoUsd, note, leaseMs: this.#leaseOf(request), subjects };
  }

  #leaseOf({ leaseMs }: ReservationRequest): number {
    return leaseMs ?? this.#parts.options.leaseMs;
  }
}
