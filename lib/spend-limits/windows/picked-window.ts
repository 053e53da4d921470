import type { SpendPlace, SpendSpan, SpendSubject, SpendWindow } from '../../contracts/spend-store.js';

/** Consecutive slots of one span. */
export interface SlotRange {
  readonly span: SpendSpan;
  readonly first: number;
  readonly last: number;
}

/** A window at a moment. */
export interface PickedWindow {
  readonly span: SpendSpan;
  /** The slot in which an amount is counted. */
  readonly slot: number;
  /** All slots that count. */
  readonly counted: readonly SlotRange[];
  /** The first moment that counts. */
  readonly from: number;
  /** The next moment at which something stops counting; `null` if nothing ever does. */
  readonly to: number | null;
}

/** The span and slots that a window has at a moment; `undefined` if none of its spans contains it. */
export function pickWindow(window: SpendWindow, now: number): PickedWindow | undefined {
  const { spans, slots } = window;
  const isRolling = slots > 1;
  const index = spans.findIndex(
    (span, number) => (number > 0 || !isRolling) && span.from <= now && (span.to === null || now < span.to),
  );
  const span = spans[index];
  if (span === undefined) {
    return undefined;
  }
  const slotMs = ((span.to ?? Infinity) - span.from) / slots;
  const slot = isRolling ? Math.min(slots - 1, Math.floor((now - span.from) / slotMs)) : 0;
  return pickedAt(window, index, slot);
}

/** The window in the slot of a span. */
export function pickedAt({ spans, slots }: SpendWindow, index: number, slot: number): PickedWindow {
  const span = spans[index];
  if (span === undefined) {
    throw new RangeError('The store has picked a span that it was not given.');
  }
  const before = spans[index - 1];
  if (slots === 1 || span.to === null || before === undefined) {
    const counted = [{ span, first: 0, last: 0 }];
    return { span, slot: 0, counted, from: span.from, to: span.to };
  }
  const slotMs = (span.to - span.from) / slots;
  return {
    span,
    slot,
    counted: [
      { span: before, first: slot, last: slots - 1 },
      { span, first: 0, last: slot },
    ],
    from: before.from + slot * slotMs,
    to: span.from + (slot + 1) * slotMs,
  };
}

/** The place of a subject in a window. */
export function placeOf({ root, key }: SpendSubject, { span, slot }: PickedWindow): SpendPlace {
  return { root, key, spanId: span.id, slot, keepUntil: span.keepUntil };
}

/** Each place once: windows with the same span have the same place, in which an amount counts once. */
export function distinctPlaces(places: readonly SpendPlace[]): readonly SpendPlace[] {
  return places.filter((place, index) => places.findIndex((other) => isSamePlace(other, place)) === index);
}

function isSamePlace(one: SpendPlace, other: SpendPlace): boolean {
  return (
    one.slot === other.slot && one.spanId === other.spanId && one.key === other.key && one.root === other.root
  );
}

/** The windows of all subjects at a moment; `undefined` if a window has no span for it. */
export function pickWindows(
  subjects: readonly SpendSubject[],
  now: number,
): readonly (readonly PickedWindow[])[] | undefined {
  const picked: PickedWindow[][] = [];
  for (const { windows } of subjects) {
    const ones = windows.map((window) => pickWindow(window, now)).filter((one) => one !== undefined);
    if (ones.length < windows.length) {
      return undefined;
    }
    picked.push(ones);
  }
  return picked;
}
