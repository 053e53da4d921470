import type { ActivityItem } from '../../activity/activity.models.js';
import type { SpendLedgerSum } from '../../contracts/spend-ledger.js';
import { nanoSumToUsd } from '../../money/nano-usd.js';
import { subtractUsd, sumUsd } from '../../money/usd.js';
import { multiplyUsd } from '../../money/usd-math.js';
import type { MeteringDifference, MeteringReconciliation } from './ledger.models.js';

/** OpenRouter shows millionths of a dollar, so that each completion may be half of one off. */
const ROUNDING_USD = 0.000_000_5;

/** What the ledger knows of a day, by model. */
export interface MeteredDay {
  /** Completions that ended on the day, with what is held for those that have not. */
  readonly ended: readonly SpendLedgerSum[];
  /** Completions that ended about one of its midnights, on either side. */
  readonly aboutMidnight: readonly SpendLedgerSum[];
}

interface Figures {
  readonly meteredNano: bigint;
  readonly midnightNano: bigint;
  readonly unsettledNano: bigint;
  readonly completions: number;
  readonly unknownCompletions: number;
  readonly billed: readonly number[];
  readonly requests: number;
}

const NO_FIGURES: Figures = {
  meteredNano: 0n,
  midnightNano: 0n,
  unsettledNano: 0n,
  completions: 0,
  unknownCompletions: 0,
  billed: [],
  requests: 0,
};

/**
 * Compares what was metered on a day with what OpenRouter has billed.
 *
 * @param byok - Whether the meter counts what was paid to providers with keys of the user's own (`total`).
 */
export function reconciliation(
  date: string,
  { ended, aboutMidnight }: MeteredDay,
  activity: readonly ActivityItem[],
  byok: 'fee' | 'total',
): MeteringReconciliation {
  const nameOf = namesOf(activity);
  const models = new Map<string | null, Figures>();
  const add = (model: string | null, more: Partial<Figures>): void => {
    models.set(model, added(models.get(model) ?? NO_FIGURES, { ...NO_FIGURES, ...more }));
  };
  for (const { key, nanoUsd, unsettledNanoUsd, completions, unknownCompletions } of ended) {
    add(nameOf(key[0]), {
      meteredNano: nanoUsd,
      unsettledNano: unsettledNanoUsd,
      completions,
      unknownCompletions,
    });
  }
  for (const { key, nanoUsd } of aboutMidnight) {
    add(nameOf(key[0]), { midnightNano: nanoUsd });
  }
  for (const { model, usage, byokUsageInference, requests = 0 } of activity) {
    add(model ?? null, { billed: byok === 'total' ? [usage, byokUsageInference] : [usage], requests });
  }
  const total = [...models.values()].reduce(added, NO_FIGURES);
  const byModel = [...models]
    .map(([model, figures]) => Object.freeze({ model, ...differenceOf(figures) }))
    .toSorted(
      (one, other) =>
        other.billedUsd - one.billedUsd ||
        other.meteredUsd - one.meteredUsd ||
        compare(one.model, other.model),
    );
  return Object.freeze({ date, ...differenceOf(total), byModel: Object.freeze(byModel) });
}

/** The activity names a model by its slug and by that of its version; an answer may state either. */
function namesOf(activity: readonly ActivityItem[]): (model: string | null | undefined) => string | null {
  const names = new Map<string, string>();
  for (const { model, modelPermaslug } of activity) {
    if (model !== undefined && modelPermaslug !== undefined) {
      names.set(modelPermaslug, model);
    }
  }
  const slugs = new Set(activity.map(({ model }) => model));
  return (model) =>
    typeof model !== 'string' || slugs.has(model) ? (model ?? null) : (names.get(model) ?? model);
}

function added(one: Figures, other: Figures): Figures {
  return {
    meteredNano: one.meteredNano + other.meteredNano,
    midnightNano: one.midnightNano + other.midnightNano,
    unsettledNano: one.unsettledNano + other.unsettledNano,
    completions: one.completions + other.completions,
    unknownCompletions: one.unknownCompletions + other.unknownCompletions,
    billed: [...one.billed, ...other.billed],
    requests: one.requests + other.requests,
  };
}

function differenceOf(figures: Figures): MeteringDifference {
  const { completions, requests, unknownCompletions } = figures;
  const meteredUsd = nanoSumToUsd(figures.meteredNano);
  const billedUsd = sumUsd(figures.billed);
  const unmeteredUsd = subtractUsd(billedUsd, meteredUsd);
  const roundingUsd = multiplyUsd(Math.max(completions, requests), ROUNDING_USD);
  const midnightUsd = nanoSumToUsd(figures.midnightNano);
  const unsettledUsd = nanoSumToUsd(figures.unsettledNano);
  const eitherWay = sumUsd([roundingUsd, midnightUsd]);
  return {
    meteredUsd,
    billedUsd,
    unmeteredUsd,
    roundingUsd,
    midnightUsd,
    unsettledUsd,
    unknownCompletions,
    unexplainedUsd:
      unmeteredUsd > 0
        ? Math.max(0, subtractUsd(unmeteredUsd, sumUsd([eitherWay, unsettledUsd])))
        : Math.min(0, sumUsd([unmeteredUsd, eitherWay])),
  };
}

function compare(one: string | null, other: string | null): number {
  return one === null || (other !== null && one > other) ? 1 : -1;
}
