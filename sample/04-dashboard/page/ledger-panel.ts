import type { Ledger } from '../shared/dashboard.js';
import { byId, make, setText } from './dom.js';
import { count, day, monthOf, usd } from './format.js';

/** Less than this is nothing that a person would look for. */
const MIN_HOLE_USD = 0.005;

/** What the ledger knows: the spend of each tenant this month, and past days beside OpenRouter's bill. */
export function showLedger({ month, tenants, days }: Ledger): void {
  // Before the oldest day with an entry, there was no ledger yet.
  const oldest = days.map(({ metered }) => metered > 0).lastIndexOf(true);
  const isHole = (index: number): boolean => index <= oldest && days[index]!.unexplained >= MIN_HOLE_USD;
  const holes = days.filter((_, index) => isHole(index)).length;
  setText(byId('ledger-verdict'), verdict(oldest, holes));
  setText(byId('ledger-month'), `Spend of ${monthOf(month)} by tenant`);
  byId('ledger-days').replaceChildren(
    head('Day', 'Metered', 'Billed', 'Past the meter'),
    make(
      'tbody',
      {},
      ...days.map(({ date, metered, billed, unexplained }, index) =>
        row(
          day(date),
          [usd(metered), usd(billed), index <= oldest ? usd(unexplained) : 'no ledger'],
          isHole(index),
        ),
      ),
    ),
  );
  byId('ledger-tenants').replaceChildren(
    head('Tenant', 'Completions', 'Spent', 'Not settled'),
    make(
      'tbody',
      {},
      ...tenants.map(({ tenant, completions, usd: spent, unsettled }) =>
        row(tenant ?? 'nobody', [`${completions}`, usd(spent), usd(unsettled)], false),
      ),
    ),
  );
}

function verdict(oldest: number, holes: number): string {
  if (oldest === -1) return 'The ledger has nothing of these days.';
  return holes === 0
    ? 'Every bill since the ledger began is in it.'
    : `On ${count(holes, 'day')}, money was spent past the meter.`;
}

function head(...columns: readonly string[]): HTMLElement {
  return make('thead', {}, make('tr', {}, ...columns.map((text) => make('th', { scope: 'col' }, text))));
}

function row(name: string, cells: readonly string[], isHole: boolean): HTMLElement {
  return make(
    'tr',
    isHole ? { class: 'hole' } : {},
    make('th', { scope: 'row' }, name),
    ...cells.map((text) => make('td', {}, text)),
  );
}
