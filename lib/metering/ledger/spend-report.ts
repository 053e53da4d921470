import type { SpendScope } from '../../contracts/completion-cost.js';
import type { SpendLedgerHold, SpendLedgerSum } from '../../contracts/spend-ledger.js';
import { nanoSumToUsd } from '../../money/nano-usd.js';
import { readNote } from '../../spend-limits/reservations/hold-note.js';
import type { CheckedReport } from './ledger-arguments.js';
import type { MeteringReport, MeteringReportRow } from './ledger.models.js';

const NOTHING = {
  nanoUsd: 0n,
  unsettledNanoUsd: 0n,
  completions: 0,
  unknownCompletions: 0,
  promptTokens: 0,
  completionTokens: 0,
};

/** Inherits nothing: a name of a scope may be `constructor`. */
const NO_SCOPE: SpendScope = Object.freeze(Object.create(null) as SpendScope);

/**
 * Puts a report together.
 *
 * @param sums - The entries of the ledger, added up.
 * @param holds - The completions that have no entry yet.
 */
export function spendReport(
  query: Pick<CheckedReport, 'groupBy' | 'scope'>,
  sums: readonly SpendLedgerSum[],
  holds: readonly SpendLedgerHold[],
): MeteringReport {
  const all = withHolds(query, sums, holds);
  return Object.freeze({
    rows: Object.freeze(all.toSorted(byKey).map((sum) => rowOf(query.groupBy, sum))),
    totalUsd: nanoSumToUsd(total(all, 'nanoUsd')),
    totalUnsettledUsd: nanoSumToUsd(total(all, 'unsettledNanoUsd')),
  });
}

/** The sums with what is held: of groups that have no entry yet, too. */
export function withHolds(
  { groupBy, scope: wanted = {} }: Pick<CheckedReport, 'groupBy' | 'scope'>,
  sums: readonly SpendLedgerSum[],
  holds: readonly SpendLedgerHold[],
): readonly SpendLedgerSum[] {
  const groups = new Map(sums.map((sum) => [JSON.stringify(sum.key), sum]));
  for (const { note, nanoUsd, admittedAt } of holds) {
    const { scope = NO_SCOPE, model = null } = readNote(note);
    if (Object.entries(wanted).every(([name, value]) => scope[name] === value)) {
      const key = groupBy.map((name) =>
        name === 'model' ? model : name === 'day' ? dayOf(admittedAt) : (scope[name] ?? null),
      );
      const id = JSON.stringify(key);
      const group = groups.get(id) ?? { key, ...NOTHING };
      groups.set(id, { ...group, unsettledNanoUsd: group.unsettledNanoUsd + BigInt(nanoUsd) });
    }
  }
  return [...groups.values()];
}

function rowOf(groupBy: readonly string[], sum: SpendLedgerSum): MeteringReportRow {
  const { key, nanoUsd, unsettledNanoUsd, completions, unknownCompletions, promptTokens, completionTokens } =
    sum;
  return Object.freeze({
    key: Object.freeze(Object.fromEntries(groupBy.map((name, index) => [name, key[index] ?? null]))),
    usd: nanoSumToUsd(nanoUsd),
    completions,
    unknownCompletions,
    promptTokens,
    completionTokens,
    unsettledUsd: nanoSumToUsd(unsettledNanoUsd),
  });
}

function total(sums: readonly SpendLedgerSum[], name: 'nanoUsd' | 'unsettledNanoUsd'): bigint {
  return sums.reduce((sum, each) => sum + each[name], 0n);
}

/** Without a locale: the order must be the same on every machine. */
function byKey({ key: one }: SpendLedgerSum, { key: other }: SpendLedgerSum): number {
  const place = one.findIndex((value, index) => value !== other[index]);
  const [left = null, right = null] = [one[place], other[place]];
  if (left === right) {
    return 0;
  }
  return right === null || (left !== null && left < right) ? -1 : 1;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
