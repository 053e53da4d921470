import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  SpendAdmission,
  SpendAdmitted,
  SpendFigureLists,
  SpendNoWindow,
  SpendHold,
  SpendReport,
  SpendRequest,
  SpendSpan,
  SpendStore,
  SpendSubject,
  SpendWindow,
} from '../../contracts/spend-store.js';

/** The account that the tests use. */
export const ACCOUNT = 'a1'.repeat(32);

export const HOUR = 3_600_000;
export const ROOT = 'c0ffee';

/** The greatest amount and limit, in nano-dollars. */
export const MOST = 9_000_000_000_000_000;

const DAY = 24 * HOUR;

/** A window that never ends. */
export function allTime(limitNanoUsd: number | null): SpendWindow {
  return { spans: [{ id: 'total', from: 0, to: null, keepUntil: null }], slots: 1, limitNanoUsd };
}

/** Spans of one length, the one with the number 0 beginning at a time. */
export function spansFrom(name: string, start: number, lengthMs: number, numbers: number[]): SpendSpan[] {
  return numbers.map((number) => {
    const [from, to] = [start + number * lengthMs, start + (number + 1) * lengthMs];
    return { id: `${name}:${from}`, from, to, keepUntil: to + 9 * DAY };
  });
}

/** A subject with a limit of all time, or with other windows. */
export function subjectOf(
  key: string,
  limit: number | null | readonly SpendWindow[],
  root = ROOT,
): SpendSubject {
  return { root, key, windows: limit === null || typeof limit === 'number' ? [allTime(limit)] : limit };
}

/** A request that need not say everything. */
export function requestOf(
  nanoUsd: number,
  subjects: readonly SpendSubject[],
  rest: Partial<SpendRequest> = {},
): SpendRequest {
  return { id: `hold-${randomUUID()}`, nanoUsd, leaseMs: HOUR, subjects, note: '', ...rest };
}

/** An admission that has to be admitted. */
export function admitted(admission: SpendAdmission): SpendAdmitted {
  assert.ok(admission.status === 'admitted', `The reservation is ${admission.status}.`);
  return admission;
}

/** Reserves what has to be admitted. */
export async function hold(store: SpendStore, request: SpendRequest): Promise<SpendHold> {
  return admitted(await store.reserve(ACCOUNT, request)).hold;
}

/** [settled, held, unsettled] of the first window of the first subject. */
export function amountsOf(answer: { readonly figures: SpendFigureLists }): readonly (number | undefined)[] {
  const figures = answer.figures[0]?.[0];
  return [figures?.settledNanoUsd, figures?.heldNanoUsd, figures?.unsettledNanoUsd];
}

/** What a subject has spent. */
export async function usageOf(
  store: SpendStore,
  subject: SpendSubject,
  account = ACCOUNT,
): Promise<readonly (number | undefined)[]> {
  return amountsOf(reported(await store.usage(account, [subject])));
}

/** A report that has to be there. */
export function reported(report: SpendReport | SpendNoWindow): SpendReport {
  assert.ok(report.status === 'done', `The report is ${report.status}.`);
  return report;
}

/** The store's clock. */
export async function clockOf(store: SpendStore): Promise<number> {
  return (await store.usage(ACCOUNT, [subjectOf('c10c4', null)])).now;
}
