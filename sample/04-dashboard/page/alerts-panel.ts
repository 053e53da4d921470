import type { Alert } from '../shared/dashboard.js';
import { byId, make, showList } from './dom.js';
import { clock, usd } from './format.js';

/** The newest first. */
export class AlertsPanel {
  private alerts: readonly Alert[] = [];

  showAll(alerts: readonly Alert[]): void {
    this.alerts = alerts;
    showList(byId('alerts'), byId('no-alerts'), alerts.map(item));
  }

  add(alert: Alert): void {
    this.showAll([alert, ...this.alerts].slice(0, 50));
  }
}

function item(alert: Alert): HTMLElement {
  const { type, at } = alert;
  return make(
    'li',
    { 'data-type': type },
    make('strong', {}, type),
    ` ${textOf(alert)} `,
    make('time', {}, clock(at)),
  );
}

function textOf({ type, threshold, spendable }: Alert): string {
  switch (type) {
    case 'unavailable':
      return 'The balance cannot be read.';
    case 'recovered':
      return threshold === null
        ? 'The balance can be read again.'
        : `${usd(spendable)}, above ${usd(threshold)} again.`;
    default:
      return `${usd(spendable)} is below ${usd(threshold)}.`;
  }
}
