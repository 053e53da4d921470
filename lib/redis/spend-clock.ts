import type { SpendSubject, SpendWindow } from '../contracts/spend-store.js';

/** By how much the clocks may move apart between two answers. */
const MARGIN_MS = 1_000;

/**
 * What Redis' clock shows by the last answer. It spares the spans of a window that are certainly not the present one: a
 * third of the text of a reservation is left. Redis picks by its own clock all the same.
 */
export class SpendClock {
  #aheadMs: number | undefined;

  /** Notes the time of an answer. */
  note(now: number): void {
    this.#aheadMs = now - Date.now();
  }

  /** The subjects with the spans that may be the present ones; the same list before the first answer. */
  nearby(subjects: readonly SpendSubject[]): readonly SpendSubject[] {
    if (this.#aheadMs === undefined) {
      return subjects;
    }
    const now = Date.now() + this.#aheadMs;
    return subjects.map((subject) => ({
      ...subject,
      windows: subject.windows.map((window) => nearbyWindow(window, now)),
    }));
  }
}

function nearbyWindow(window: SpendWindow, now: number): SpendWindow {
  const { spans, slots } = window;
  const isNear = ({ from, to }: (typeof spans)[number]): boolean =>
    from <= now + MARGIN_MS && (to === null || now - MARGIN_MS < to);
  const first = spans.findIndex(isNear);
  const last = spans.findLastIndex(isNear);
  // A rolling window counts a part of the span before.
  return { ...window, spans: spans.slice(Math.max(0, slots > 1 ? first - 1 : first), last + 1) };
}
