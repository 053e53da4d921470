import type { Alert, BalanceAlert, LimitAlert } from '../shared/dashboard.js';
import { byId, make } from './dom.js';
import { clock, moment, percent, usd } from './format.js';

const MAX_ALERTS = 50;

/** The newest alert is first. Each is added separately, because a screen reader reads out what is added. */
export class AlertsPanel {
  private newest = 0;

  /** Adds the alerts that are not shown yet. */
  show(alerts: readonly Alert[]): void {
    const list = byId('alerts');
    const isNewServer = (alerts[0]?.id ?? 0) < this.newest;
    if (isNewServer) list.replaceChildren();
    const known = isNewServer ? 0 : this.newest;
    list.prepend(...alerts.filter(({ id }) => id > known).map(item));
    while (list.children.length > MAX_ALERTS) list.lastElementChild?.remove();
    this.newest = alerts[0]?.id ?? 0;
    list.hidden = list.children.length === 0;
    byId('no-alerts').hidden = !list.hidden;
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

function textOf(alert: Alert): string {
  return 'fraction' in alert ? textOfLimit(alert) : textOfBalance(alert);
}

function textOfLimit({ tenant, fraction, limit, resetsAt }: LimitAlert): string {
  const what = fraction === 1 ? 'the limit' : percent(fraction);
  const reset = resetsAt === null ? '' : ` Resets ${moment(resetsAt)}.`;
  return `${tenant ?? 'Whole account'}: ${what} of ${usd(limit)} is used up.${reset}`;
}

function textOfBalance({ type, threshold, spendable }: BalanceAlert): string {
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
