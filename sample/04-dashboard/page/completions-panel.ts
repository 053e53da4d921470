import type { CompletionRow } from '../shared/dashboard.js';
import { byId, make } from './dom.js';
import { clock, usd } from './format.js';

const MAX_ROWS = 40;

const OUTCOMES: Readonly<Record<CompletionRow['outcome'], string>> = {
  complete: 'complete',
  aborted: 'left',
  failed: 'failed',
};

const SOURCES: Readonly<Record<CompletionRow['source'], string>> = {
  answer: 'the answer',
  generation: 'GET /generation',
  recorded: 'a record',
  hold: 'what was held',
  unknown: 'nowhere',
};

/** The last completions, newest first. Rows are added, not replaced, because replacing drops the user's selection. */
export class CompletionsPanel {
  private newest = 0;

  show(latest: readonly CompletionRow[]): void {
    const list = byId('completions');
    const first = latest[0]?.number ?? 0;
    if (first < this.newest) {
      // Another server counts from 1 again.
      this.newest = 0;
      list.replaceChildren();
    }
    list.prepend(...latest.filter((row) => row.number > this.newest).map(item));
    while (list.children.length > MAX_ROWS) list.lastElementChild?.remove();
    this.newest = first;
    list.hidden = list.children.length === 0;
    byId('no-completions').hidden = !list.hidden;
  }
}

function item({ at, tenant, model, usd: cost, source, outcome, isStream }: CompletionRow): HTMLElement {
  return make(
    'li',
    { 'data-outcome': outcome, 'data-source': source, 'data-tenant': tenant },
    make('time', {}, clock(at)),
    make('strong', {}, tenant),
    make('span', { class: 'model' }, model),
    make('span', { class: 'outcome' }, `${isStream ? 'stream' : 'answer'}, ${OUTCOMES[outcome]}`),
    make('span', { class: 'source' }, `cost from ${SOURCES[source]}`),
    make('span', { class: 'cost' }, usd(cost)),
  );
}
