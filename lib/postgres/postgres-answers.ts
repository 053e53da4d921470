/** What the functions of the schema take and tell. */
import type {
  SpendClaim,
  SpendFigureLists,
  SpendFigures,
  SpendPlace,
  SpendSubject,
  SpendWindow,
} from '../contracts/spend-store.js';
import { OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import { saturated } from '../spend-limits/model/saturated.js';
import { isRecord } from '../untrusted/is-record.js';

export type Answer = Readonly<Record<string, unknown>>;

export function recordOf(value: unknown): Answer {
  if (!isRecord(value)) {
    throw unexpected('a record');
  }
  return value;
}

export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw unexpected('a list');
  }
  return value;
}

/** PostgreSQL gives some whole numbers as texts. */
export function wholeNumber(value: unknown): number {
  const number =
    typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) {
    throw unexpected('a whole number');
  }
  return number;
}

/** A sum, which may be greater than a `number` holds exactly. */
function sumOf(value: unknown): number {
  return wholeNumber(typeof value === 'number' && Number.isInteger(value) ? saturated(value) : value);
}

export function textOf(value: unknown): string {
  if (typeof value !== 'string') {
    throw unexpected('a text');
  }
  return value;
}

function unexpected(wanted: string): OpenRouterSpendStoreException {
  return new OpenRouterSpendStoreException(
    `PostgresSpendStore: PostgreSQL did not return ${wanted} where it must.`,
  );
}

/** The windows of subjects, in their order. */
export function windowsOf(subjects: readonly SpendSubject[]): readonly object[] {
  return subjects.flatMap(({ root, key, windows }) =>
    windows.map(({ spans, slots, limitNanoUsd }) => ({
      root,
      key,
      slots,
      most: limitNanoUsd,
      spans: spans.map(({ id, from, to, keepUntil }) => ({ id, from, to, keep: keepUntil })),
    })),
  );
}

/** Where a window of that number is: the numbers of its subject, and among the windows of the subject. */
export function windowAt(
  subjects: readonly SpendSubject[],
  number: number,
): { readonly subject: number; readonly window: number } {
  const each = subjects.flatMap(({ windows }, subject) => windows.map((_, window) => ({ subject, window })));
  return each[number] ?? { subject: 0, window: 0 };
}

/** The figures of all windows, as lists by subject. */
export function figureLists(subjects: readonly SpendSubject[], told: unknown): SpendFigureLists {
  const figures = listOf(told);
  let next = 0;
  return subjects.map(({ windows }) =>
    windows.map((window) => {
      const figure = recordOf(figures[next]);
      next += 1;
      return figuresOf(window, figure);
    }),
  );
}

function figuresOf({ spans, slots }: SpendWindow, told: Answer): SpendFigures {
  const index = wholeNumber(told['index']);
  const { id: spanId = '', from = 0, to = null } = spans[index] ?? {};
  const amounts = {
    settledNanoUsd: sumOf(told['settled']),
    heldNanoUsd: sumOf(told['held']),
    unsettledNanoUsd: sumOf(told['unsettled']),
  };
  if (slots === 1 || to === null) {
    return { spanId, from, to, ...amounts };
  }
  const slot = wholeNumber(told['slot']);
  const slotMs = (to - from) / slots;
  const before = spans[index - 1]?.from ?? from;
  return { spanId, from: before + slot * slotMs, to: from + (slot + 1) * slotMs, ...amounts };
}

export function placesOf(value: unknown): readonly SpendPlace[] {
  return listOf(value)
    .map(recordOf)
    .map(({ root, key, spanId, slot, keepUntil }) => ({
      root: textOf(root),
      key: textOf(key),
      spanId: textOf(spanId),
      slot: wholeNumber(slot),
      keepUntil: keepUntil === null ? null : wholeNumber(keepUntil),
    }));
}

export function claimOf(value: unknown): SpendClaim {
  const { id, nanoUsd, places, note, generationId, admittedAt, claims } = recordOf(value);
  return {
    hold: {
      id: textOf(id),
      nanoUsd: wholeNumber(nanoUsd),
      places: placesOf(places),
      note: textOf(note),
      ...(typeof generationId === 'string' ? { generationId } : {}),
    },
    admittedAt: wholeNumber(admittedAt),
    claims: wholeNumber(claims),
  };
}
