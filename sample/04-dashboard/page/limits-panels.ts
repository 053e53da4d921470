import type { Budget, Key } from '../shared/dashboard.js';
import { bar, byId, make } from './dom.js';
import { day, percent, usd } from './format.js';

export function showKeys(keys: readonly Key[]): void {
  byId('keys').replaceChildren(
    ...keys.map((key) => {
      const used = key.limit === null ? null : key.limit - (key.limitRemaining ?? key.limit);
      const state = [
        key.disabled ? ' (disabled)' : '',
        key.expiresAt === null ? '' : ` (until ${day(key.expiresAt)})`,
      ].join('');
      const limit =
        key.limit === null || used === null
          ? 'no limit'
          : `${usd(used)} of ${usd(key.limit)} used, ${key.limitReset === null ? 'never resets' : `resets ${key.limitReset}`}`;
      return make(
        'li',
        {},
        line(`${key.name}${state}`, limit),
        used === null || key.limit === null ? bar(0) : usedBar(used, key.limit),
        make(
          'div',
          { class: 'row-line' },
          make('span', {}, `${usd(key.usageMonthly)} this month, ${percent(key.share)} of the total`),
          make('span', {}, `${usd(key.usage)} in total`),
        ),
      );
    }),
  );
}

export function showBudgets(budgets: readonly Budget[]): void {
  byId('budgets').replaceChildren(
    ...budgets.map(({ workspace, interval, limit, spent }) =>
      make(
        'li',
        {},
        line(`${workspace}, ${interval}`, `${usd(spent)} of ${usd(limit)}`),
        spent === null ? bar(0) : usedBar(spent, limit),
      ),
    ),
  );
}

function line(name: string, text: string): HTMLElement {
  return make('div', { class: 'row-line' }, make('strong', {}, name), make('span', {}, text));
}

function usedBar(used: number, limit: number): HTMLElement {
  const share = limit === 0 ? 1 : used / limit;
  return bar(share, share >= 0.95 ? 'critical' : share >= 0.8 ? 'low' : '');
}
