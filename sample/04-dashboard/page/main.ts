import type {
  AccountInfo,
  BalancePanel,
  Budget,
  Completions,
  Dashboard,
  Key,
  Ledger,
  Panel,
  Spend,
  TenantSpend,
} from '../shared/dashboard.js';
import { AlertsPanel } from './alerts-panel.js';
import { BalanceChart } from './balance-chart.js';
import { showBalance, showBalanceAge, showTitle } from './balance-panel.js';
import { wireChargeForm } from './charge-form.js';
import { send } from './commands.js';
import { CompletionsPanel } from './completions-panel.js';
import { byId, onPress, setText } from './dom.js';
import { clock } from './format.js';
import { showFreshness } from './freshness.js';
import { showLedger } from './ledger-panel.js';
import { showBudgets, showKeys } from './limits-panels.js';
import { type LinkState, LiveConnection } from './live-connection.js';
import { showMetered } from './metered-panel.js';
import { RefusalsPanel } from './refusals-panel.js';
import { SandboxPanel } from './sandbox-panel.js';
import { ServerClock } from './server-clock.js';
import { SpendPanel } from './spend-panel.js';
import { showTenants } from './tenants-panel.js';
import { TrafficPanel } from './traffic-panel.js';

const LINK_STATES: Readonly<Record<LinkState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost',
};

class Page {
  private readonly time = new ServerClock();
  private readonly alerts = new AlertsPanel();
  private readonly spendPanel = new SpendPanel();
  private readonly traffic = new TrafficPanel();
  private readonly completions = new CompletionsPanel();
  private readonly refusals = new RefusalsPanel();
  private readonly sandbox = new SandboxPanel();
  private balanceChart: BalanceChart | undefined;

  private account: AccountInfo | undefined;
  private balance: BalancePanel | undefined;
  private tenants: Panel<readonly TenantSpend[]> | undefined;
  private ledger: Panel<Ledger> | null = null;
  private spend: Panel<Spend> | undefined;
  private keys: Panel<readonly Key[]> | undefined;
  private budgets: Panel<readonly Budget[]> | undefined;

  open(): void {
    const connection = new LiveConnection(
      '/api/events',
      {
        dashboard: (dashboard) => this.showAll(dashboard),
        balance: (panel) => this.showBalance(panel),
        alert: (alert) => this.alerts.show([alert]),
        tenants: (panel) => this.showTenants(panel),
        completions: (completions) => this.showCompletions(completions),
        metered: showMetered,
        ledger: (panel) => this.showLedger(panel),
        spend: (panel) => this.showSpend(panel),
        keys: (panel) => this.showKeys(panel),
        budgets: (panel) => this.showBudgets(panel),
        traffic: (traffic) => this.traffic.show(traffic, this.time.now()),
        sandbox: (controls) => this.sandbox.show(controls),
        beat: ({ now }) => this.time.set(now),
      },
      (state) => this.showLink(state, connection.heardAt),
    );
    connection.open();
    onPress('refresh', async () => {
      const answer = await send('/api/balance/refresh');
      setText(byId('refresh-result'), answer.ok ? '' : answer.refusal.message);
    });
    setInterval(() => this.showAges(), 1_000);
  }

  private showAll(dashboard: Dashboard): void {
    const { account, alerts, traffic, sandbox } = dashboard;
    this.time.set(dashboard.now);
    if (this.account !== undefined && JSON.stringify(this.account) !== JSON.stringify(account)) {
      // Another server has the same address: start over, so that the page shows nothing of the old one.
      location.reload();
      return;
    }
    if (this.account === undefined) {
      this.showAccount(account);
      this.balanceChart = new BalanceChart(account);
      if (sandbox !== null) {
        this.sandbox.wire(account);
        wireChargeForm();
        for (const panel of document.querySelectorAll<HTMLElement>('.of-sandbox')) panel.hidden = false;
      }
    }
    this.account = account;
    document.body.classList.remove('waiting');
    this.showBalance(dashboard.balance);
    this.alerts.show(alerts);
    this.showTenants(dashboard.tenants);
    this.showCompletions(dashboard.completions);
    showMetered(dashboard.metered);
    this.showLedger(dashboard.ledger);
    this.showSpend(dashboard.spend);
    this.showKeys(dashboard.keys);
    this.showBudgets(dashboard.budgets);
    this.traffic.show(traffic, dashboard.now);
    if (sandbox !== null) this.sandbox.show(sandbox);
    this.showAges();
  }

  private showAccount({ isSandbox, host, purchaseUrl }: AccountInfo): void {
    setText(byId('account'), isSandbox ? 'Sandbox on this machine' : `${host}, read-only`);
    byId('purchase', 'a').href = purchaseUrl;
  }

  private showBalance(panel: BalancePanel): void {
    this.balance = panel;
    if (this.account !== undefined) showBalance(panel, this.account);
    this.balanceChart?.show(panel.history);
    this.showAges();
  }

  private showTenants(panel: Panel<readonly TenantSpend[]>): void {
    this.tenants = panel;
    this.sandbox.tenants = panel.data ?? [];
    if (panel.data !== null) showTenants(panel.data);
  }

  private showCompletions({ latest, refusals }: Completions): void {
    this.completions.show(latest);
    this.refusals.show(refusals, this.time.now());
  }

  private showLedger(panel: Panel<Ledger> | null): void {
    this.ledger = panel;
    byId('ledger').hidden = panel === null;
    if (panel !== null && panel.data !== null) showLedger(panel.data);
  }

  private showSpend(panel: Panel<Spend>): void {
    this.spend = panel;
    if (panel.data !== null) this.spendPanel.show(panel.data);
  }

  private showKeys(panel: Panel<readonly Key[]>): void {
    this.keys = panel;
    if (panel.data !== null) showKeys(panel.data);
  }

  private showBudgets(panel: Panel<readonly Budget[]>): void {
    this.budgets = panel;
    if (panel.data !== null) showBudgets(panel.data);
  }

  private showAges(): void {
    const now = this.time.now();
    this.refusals.showTimes(now);
    if (this.balance !== undefined) showBalanceAge(this.balance, now);
    if (this.tenants !== undefined) showFreshness('tenants-freshness', this.tenants, now, 'Spend store');
    if (this.ledger !== null) showFreshness('ledger-freshness', this.ledger, now, 'Ledger and GET /activity');
    if (this.spend !== undefined) showFreshness('spend-freshness', this.spend, now, 'GET /activity');
    if (this.keys !== undefined) showFreshness('keys-freshness', this.keys, now, 'GET /keys');
    if (this.budgets !== undefined) showFreshness('budgets-freshness', this.budgets, now, 'GET /workspaces');
  }

  private showLink(state: LinkState, heardAt: number): void {
    const link = byId('connection');
    if (link.dataset['state'] === state) return;
    link.dataset['state'] = state;
    setText(link, LINK_STATES[state]);
    document.body.classList.toggle('lost', state === 'lost');
    showTitle(state === 'lost' ? null : (this.balance?.data?.spendable ?? null));
    const banner = byId('banner');
    banner.hidden = state !== 'lost';
    if (state === 'lost') {
      setText(
        banner,
        `No contact with the server since ${clock(heardAt)}. The figures below are from then. Reconnecting. ` +
          'If this goes on, open the address that the server printed at its start.',
      );
    }
  }
}

new Page().open();
