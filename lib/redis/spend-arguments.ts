import type {
  SpendFigureLists,
  SpendFigures,
  SpendPlace,
  SpendSubject,
  SpendWindow,
} from '../contracts/spend-store.js';
import { listOf, wholeNumber } from './redis-answers.js';
import type { SpendKeys } from './spend-keys.js';

/** Keys and arguments of the scripts that read windows. */
export interface WindowArguments {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

export function windowArguments(
  keys: SpendKeys,
  account: string,
  subjects: readonly SpendSubject[],
): WindowArguments {
  const each = subjects.flatMap((subject) => subject.windows.map((window) => ({ subject, window })));
  return {
    keys: each.flatMap(({ subject: { root, key }, window: { spans } }) =>
      spans.map(({ id }) => keys.span(account, { root, key, spanId: id })),
    ),
    args: [
      each.length,
      ...each.flatMap(({ subject: { root, key }, window: { spans, slots, limitNanoUsd } }) => [
        limitNanoUsd ?? '',
        slots,
        spans.length,
        ...spans.flatMap(({ id, from, to, keepUntil }) => [
          from,
          to ?? '',
          `${root} ${key} ${id}`,
          keepUntil ?? '',
        ]),
      ]),
    ],
  };
}

/** How many values the scripts tell of each window. */
const TOLD = 5;

/** The figures that a script tells of the windows of subjects, with the place that it has picked in each. */
export function toldFigures(
  subjects: readonly SpendSubject[],
  told: unknown,
): { readonly figures: SpendFigureLists; readonly places: readonly SpendPlace[] } {
  const values = listOf(told).map(wholeNumber);
  const places: SpendPlace[] = [];
  let next = 0;
  const figures = subjects.map(({ root, key, windows }) =>
    windows.map((window) => {
      const [index = 0, slot = 0, settled = 0, held = 0, unsettled = 0] = values.slice(next, next + TOLD);
      next += TOLD;
      const { id: spanId = '', keepUntil = null } = window.spans[index] ?? {};
      places.push({ root, key, spanId, slot, keepUntil });
      return figuresOf(window, index, slot, [settled, held, unsettled]);
    }),
  );
  return { figures, places };
}

function figuresOf(
  { spans, slots }: SpendWindow,
  index: number,
  slot: number,
  [settledNanoUsd, heldNanoUsd, unsettledNanoUsd]: [number, number, number],
): SpendFigures {
  const { id: spanId = '', from = 0, to = null } = spans[index] ?? {};
  const amounts = { settledNanoUsd, heldNanoUsd, unsettledNanoUsd };
  if (slots === 1 || to === null) {
    return { spanId, from, to, ...amounts };
  }
  const slotMs = (to - from) / slots;
  const before = spans[index - 1]?.from ?? from;
  return { spanId, from: before + slot * slotMs, to: from + (slot + 1) * slotMs, ...amounts };
}

/** Places as the scripts keep them: a line for each. */
export function placeLines(places: readonly SpendPlace[]): string {
  return places
    .map(({ root, key, spanId, slot, keepUntil }) => `${root} ${key} ${spanId} ${slot} ${keepUntil ?? ''}\n`)
    .join('');
}

export function placesIn(lines: string): readonly SpendPlace[] {
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [root = '', key = '', spanId = '', slot, keepUntil] = line.split(' ');
      return {
        root,
        key,
        spanId,
        slot: wholeNumber(slot),
        keepUntil: keepUntil === '' ? null : wholeNumber(keepUntil),
      };
    });
}
