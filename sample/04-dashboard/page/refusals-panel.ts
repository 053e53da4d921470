import type { RefusalRow } from '../shared/dashboard.js';
import { byId, make, showList } from './dom.js';
import { clock, count, moment, remaining, usd } from './format.js';

/** What the limits have refused, and when the tenant may spend again. */
export class RefusalsPanel {
  private refusals: readonly RefusalRow[] = [];
  /** What the list shows. */
  private shown = '';

  show(refusals: readonly RefusalRow[], now: number): void {
    this.refusals = refusals;
    this.showTimes(now);
  }

  /** Replaces the list only if its text changes, because replacing drops the user's selection. */
  showTimes(now: number): void {
    const texts = this.refusals.map((row) => textOf(row, now));
    const shown = JSON.stringify([texts, this.refusals]);
    if (shown === this.shown) return;
    this.shown = shown;
    const items = this.refusals.map(({ tenant, lastAt }, index) =>
      make(
        'li',
        { 'data-type': 'refusal' },
        make('strong', {}, tenant ?? 'Whole account'),
        ` ${texts[index]!} `,
        make('time', {}, clock(lastAt)),
      ),
    );
    showList(byId('refusals'), byId('no-refusals'), items);
  }
}

function textOf({ count: times, limit, rule, resetsAt }: RefusalRow, now: number): string {
  const reset =
    resetsAt === null ? 'It never resets.' : `Resets ${moment(resetsAt)}, ${remaining(resetsAt - now)}.`;
  return `${count(times, 'completion')} refused: too little is left of ${usd(limit)} (${rule}). ${reset}`;
}
