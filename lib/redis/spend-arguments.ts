import type { SpendFigureLists, SpendPlace, SpendSubject } from '../contracts/spend-store.js';
import { pickedAt, placeOf } from '../spend-limits/windows/picked-window.js';
import { sumOf, wholeNumber } from './redis-answers.js';
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

/**
 * The figures that a script tells of the windows of subjects, with the place that it has picked in each.
 *
 * @param start - Where they begin in the answer.
 */
export function toldFigures(
  subjects: readonly SpendSubject[],
  answer: readonly unknown[],
  start: number,
): { readonly figures: SpendFigureLists; readonly places: readonly SpendPlace[] } {
  const places: SpendPlace[] = [];
  let next = start;
  const told = (): unknown => {
    next += 1;
    return answer[next - 1];
  };
  const figures = subjects.map((subject) =>
    subject.windows.map((window) => {
      const picked = pickedAt(window, wholeNumber(told()), wholeNumber(told()));
      places.push(placeOf(subject, picked));
      return {
        spanId: picked.span.id,
        from: picked.from,
        to: picked.to,
        settledNanoUsd: sumOf(told()),
        heldNanoUsd: sumOf(told()),
        unsettledNanoUsd: sumOf(told()),
      };
    }),
  );
  return { figures, places };
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
