import { randomUUID } from 'node:crypto';
import { type Observable, Subject } from 'rxjs';
import type { Account } from '../account/account.js';
import type { SpendScope } from '../contracts/completion-cost.js';
import { abortException, closedException } from '../errors/abort-exception.js';
import { OpenRouterValidationException } from '../errors/client.exceptions.js';
import { OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import type { GenerationsService } from '../generations/generations.service.js';
import { assertMadeByModule } from '../http/service-pipeline.js';
import { toNanoUsd } from '../money/nano-usd.js';
import { DEFAULT_SPEND_LIMITS } from '../options/option-defaults.js';
import { checkScope } from '../options/spend-scope.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import { reservedEntry } from './ledger/ledger-entry.js';
import { noteText } from './reservations/hold-note.js';
import { OpenSpendLimits } from './open-spend-limits.js';
import { untilAborted } from './reservations/abortable-reservation.js';
import { costIdOf, storedId } from './reservations/stored-id.js';
import { FreeReservation, Reservation } from './reservation.js';
import {
  checkAmount,
  checkIdentifier,
  checkReserveOptions,
  checkSignedAmount,
  uncountedException,
} from './spend-limits-arguments.js';
import type { SpendAlert, SpendDiagnostics, SpendStoreAlert, SpendUsage } from '../contracts/spend-usage.js';
import type { SpendReservation } from './spend-limits.models.js';
import type { SpendReserveOptions } from './spend-limits.options.js';
import { spendLimitException } from './spend-refusal.js';
import { WarnOnce } from './watch/warn-once.js';

interface ServiceParts {
  /** `undefined` where no rules are set. */
  readonly limits: OpenSpendLimits | undefined;
  readonly alerts$: Observable<SpendAlert>;
  readonly storeAlerts$: Observable<SpendStoreAlert>;
  readonly onUnattributed: 'allow' | 'refuse';
  readonly scrub: (text: string) => string;
  readonly warn: WarnOnce;
}

const serviceParts = new HiddenParts<ServiceParts>();

const NOT_ANSWERED =
  'The store of the spend limits did not answer in time, or a function that returns a limit failed, so it is not known ' +
  'what may be spent.';

function storeException({ limits, scrub }: ServiceParts): OpenRouterSpendStoreException {
  const reason = limits?.storeFailure;
  return new OpenRouterSpendStoreException(
    reason === undefined ? NOT_ANSWERED : `${NOT_ANSWERED} ${scrub(reason)}`,
  );
}

/**
 * Holds what is spent within the limits of the option `spendLimits`.
 *
 * Completions that are sent through `MeteringService.fetch` need nothing more: each reserves before it is sent, and
 * commits what was billed. For anything else that costs money, call {@link SpendLimitsService.reserve}.
 *
 * Where no rules are set, nothing is limited and nothing is counted.
 */
export class SpendLimitsService {
  /** @internal */
  constructor(account: Account | undefined, generations: GenerationsService) {
    assertMadeByModule(this, account, 'spendLimits');
    const { metering, spendLimits } = account.options;
    const limits = spendLimits && new OpenSpendLimits(account, spendLimits, generations);
    const none = new Subject<never>();
    account.onClose(() => none.complete());
    serviceParts.hide(this, {
      limits,
      alerts$: limits?.alerts$ ?? none.asObservable(),
      storeAlerts$: limits?.storeAlerts$ ?? none.asObservable(),
      onUnattributed: metering.onUnattributed,
      scrub: (text) => account.keys.scrub(text),
      warn: new WarnOnce('spendLimits'),
    });
  }

  /**
   * Forgets what limit functions have said, for example after an upgrade of a plan. The next reservation asks them again.
   * Other processes learn of it within a minute.
   *
   * @param scope - Whose limits; without one, all.
   * @throws `OpenRouterValidationException` for a bad scope.
   */
  refreshLimits(scope?: SpendScope): void {
    const { limits } = serviceParts.of(this);
    const applied =
      scope === undefined
        ? undefined
        : limits?.rules.applying(checkScope(scope, 'spendLimits.refreshLimits, scope'));
    limits?.limits.forget(applied);
  }

  /**
   * What counts against each rule that applies to a scope, in the order of the rules.
   *
   * @throws `OpenRouterSpendStoreException` if the store does not answer; `OpenRouterValidationException`.
   */
  async usage(scope: SpendScope): Promise<SpendUsage[]> {
    const { limits } = serviceParts.of(this);
    const checked = checkScope(scope, 'spendLimits.usage, scope');
    if (limits === undefined) {
      noteUnlimited(serviceParts.of(this), 'usage');
      return [];
    }
    if (limits.isUncounted(checked)) {
      limits.notes.uncountedUsage();
    }
    const usage = await limits.usage(checked);
    if (usage === undefined) {
      throw storeException(serviceParts.of(this));
    }
    return [...usage];
  }

  /**
   * Reserves an amount under every rule that applies to a scope, or under none. Commit what was billed, or release it:
   * with `await using`, what is neither committed nor attached is released.
   *
   * @param usd - US dollars, from 0 to 9 000 000.
   * @throws `OpenRouterSpendLimitException` if a rule leaves too little; `OpenRouterSpendStoreException` if the store does
   * not answer and `onStoreFailure` does not allow it; `OpenRouterAbortException`; `OpenRouterValidationException`, also for
   * an `id` whose reservation is over, and for a scope by whose names no rule counts, unless `metering.onUnattributed` is
   * `'allow'`.
   *
   * @example
   * ```ts
   * await using reservation = await spendLimits.reserve({ tenant }, 0.5);
   * const { usd } = await this.videos.render(prompt);
   * await reservation.commit(usd);
   * ```
   */
  async reserve(
    scope: SpendScope,
    usd: number,
    options: SpendReserveOptions = {},
  ): Promise<SpendReservation> {
    const { limits, onUnattributed, scrub } = serviceParts.of(this);
    const checked = checkScope(scope, 'spendLimits.reserve, scope');
    checkAmount(usd, 'spendLimits.reserve');
    const { id: chosenId, leaseMs, signal } = checkReserveOptions(options);
    if (limits !== undefined && onUnattributed === 'refuse' && !limits.rules.isAttributed(checked)) {
      const fix = "correct the name, or allow such scopes by `metering.onUnattributed: 'allow'`";
      throw uncountedException('spendLimits.reserve', checked, limits.rules.names, fix);
    }
    if (isAborted(signal)) {
      throw abortException('spendLimits.reserve', signal, 'not-sent', scrub);
    }
    const id = chosenId ?? randomUUID();
    const heldId = chosenId === undefined ? id : storedId(checked, chosenId);
    const costId = chosenId === undefined ? id : costIdOf(heldId, chosenId);
    const reservedFor = { id: costId, scope: checked, startedAt: Date.now() };
    const onDropped = (): void => limits?.notes.droppedBill();
    const free = (): SpendReservation =>
      new FreeReservation(
        id,
        usd,
        leaseMs ?? limits?.options.leaseMs ?? DEFAULT_SPEND_LIMITS.leaseMs,
        async (billedUsd) => limits?.record(reservedEntry({ ...reservedFor, nanoUsd: toNanoUsd(billedUsd) })),
        onDropped,
      );
    if (limits === undefined) {
      noteUnlimited(serviceParts.of(this), 'reserve');
      return free();
    }
    const outcome = await untilAborted(
      limits.reserve({
        scope: checked,
        // Something is always held, so that a limit of 0 refuses everything.
        nanoUsd: Math.max(1, toNanoUsd(usd)),
        id: heldId,
        leaseMs,
        note: noteText({ scope: checked, reservationId: chosenId }),
      }),
      signal,
    );
    switch (outcome.status) {
      case 'held':
        return new Reservation(id, outcome.held, reservedFor, onDropped);
      case 'free':
        return free();
      case 'aborted':
        throw abortException('spendLimits.reserve', outcome.signal, 'unknown', scrub);
      case 'refused':
        throw spendLimitException(outcome.usage, usd);
      case 'unavailable':
        throw storeException(serviceParts.of(this));
      case 'closed':
        throw closedException('spendLimits.reserve');
      case 'ended':
        throw new OpenRouterValidationException('spendLimits.reserve', [
          {
            property: 'id',
            constraints: { isNew: '`id` is that of a reservation that is over; choose another one' },
          },
        ]);
    }
  }

  /**
   * Books an amount without a reservation: a refund (below 0) or a correction. It counts in the present windows, whatever
   * the limits say.
   *
   * @param usd - US dollars, within ± 9 000 000.
   * @param id - Identifies it among those of the scope: an id counts once within 24 hours. 1 to 200
   * characters without control characters or halves of surrogate pairs.
   * @throws `OpenRouterSpendStoreException` if the store does not answer: call again with the same id;
   * `OpenRouterValidationException`, also for a scope with names to which no rule applies.
   */
  async adjust(scope: SpendScope, usd: number, id: string): Promise<void> {
    const { limits } = serviceParts.of(this);
    const checked = checkScope(scope, 'spendLimits.adjust, scope');
    checkSignedAmount(usd, 'spendLimits.adjust');
    checkIdentifier('id', id, 'spendLimits.adjust');
    if (limits?.isUncounted(checked) === true) {
      throw uncountedException(
        'spendLimits.adjust',
        checked,
        limits.rules.names,
        'correct the scope, since nothing would be booked',
      );
    }
    if (limits === undefined) {
      noteUnlimited(serviceParts.of(this), 'adjust');
    } else if (!(await limits.adjust(checked, toNanoUsd(usd), storedId(checked, id)))) {
      throw storeException(serviceParts.of(this));
    }
  }

  /**
   * Emits when what is spent reaches a fraction of a limit (`warnAt`): once for each subject, window and fraction, in one of
   * all processes that share the store. Never errors and replays nothing; completes when the account is closed.
   */
  get alerts$(): Observable<SpendAlert> {
    return serviceParts.of(this).alerts$;
  }

  /**
   * Emits when the store stops or resumes answering, and when it may have lost what was spent. Each process emits what it
   * notices itself. Never errors and replays nothing; completes when the account is closed.
   */
  get storeAlerts$(): Observable<SpendStoreAlert> {
    return serviceParts.of(this).storeAlerts$;
  }

  /** The state of the bookkeeping in this process; `undefined` where no spend limits are set. */
  get diagnostics(): SpendDiagnostics | undefined {
    return serviceParts.of(this).limits?.diagnostics;
  }

  /**
   * What counts at present against the limits of the subjects that this process has dealt with: for each rule, of up to 100
   * that are nearest to their limits. Empty if the store does not answer. Asks the store, never the functions of limits.
   */
  async knownUsage(): Promise<readonly SpendUsage[]> {
    return (await serviceParts.of(this).limits?.knownUsage()) ?? [];
  }
}

/** Warns where the option was forgotten. */
function noteUnlimited({ warn }: ServiceParts, method: string): void {
  warn.say(
    `\`spendLimits.${method}\` was called, but the account has no \`spendLimits\`: nothing is limited, and nothing is booked.`,
  );
}

function isAborted(signal: AbortSignal | undefined): signal is AbortSignal {
  return signal?.aborted === true;
}

/** The limits behind a service; `undefined` where no rules are set. For other parts of the account. */
export function openSpendLimitsOf(service: SpendLimitsService): OpenSpendLimits | undefined {
  return serviceParts.of(service).limits;
}
