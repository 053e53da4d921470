import { Injectable } from '@nestjs/common';
import {
  ActivityService,
  type ApiKey,
  ApiKeysService,
  BalanceService,
  BudgetsService,
} from 'nestjs-openrouter';
import { map, NEVER, type Observable } from 'rxjs';
import type { Budget, Key, Panel, Spend } from '../../shared/dashboard.js';
import { AccountFacts } from './account-facts.js';
import { budgetsOf } from './budgets.js';
import { keysOf } from './keys.js';
import { readPanel } from './panel-reading.js';
import { spendOf } from './spend.js';
import { whileWatched } from './while-watched.js';

const SANDBOX_INTERVAL_MS = 3_000;
/** OpenRouter's counters are up to a minute late, and its activity covers only past days. */
const INTERVAL_MS = 180_000;

/** Every account has this workspace. */
const WORKSPACE = 'default';

/** The panels that are read together. */
export interface AccountPanels {
  readonly spend: Panel<Spend>;
  readonly keys: Panel<readonly Key[]>;
  readonly budgets: Panel<readonly Budget[]>;
}

/** Reads spend, keys and budgets repeatedly while somebody watches. */
@Injectable()
export class AccountReader {
  panels: AccountPanels;

  /** One sequence of readings, shared by all subscribers. */
  readonly panels$: Observable<AccountPanels>;

  constructor(
    private readonly keys: ApiKeysService,
    private readonly activity: ActivityService,
    private readonly budgets: BudgetsService,
    private readonly balance: BalanceService,
    { info }: AccountFacts,
  ) {
    this.panels = {
      spend: emptyPanel('spend', info.hasManagementKey),
      keys: emptyPanel('keys', info.hasManagementKey),
      budgets: emptyPanel('budgets', info.hasManagementKey),
    };
    const intervalMs = info.isSandbox ? SANDBOX_INTERVAL_MS : INTERVAL_MS;
    const readings$ = whileWatched(() => this.read(), intervalMs).pipe(map(() => this.panels));
    this.panels$ = info.hasManagementKey ? readings$ : NEVER;
  }

  private async read(): Promise<void> {
    const { panels } = this;
    const listed = this.listKeys();
    // Spend and budgets are shown even without the figures from the keys.
    const known = listed.catch(() => undefined);
    const [spend, keys, budgets] = await Promise.all([
      readPanel(panels.spend, () => this.readSpend(known)),
      readPanel(panels.keys, async () => keysOf(await listed)),
      readPanel(panels.budgets, async () =>
        budgetsOf(WORKSPACE, await this.budgets.list(WORKSPACE), await known),
      ),
    ]);
    this.panels = { spend, keys, budgets };
  }

  private async listKeys(): Promise<ApiKey[]> {
    const keys: ApiKey[] = [];
    for await (const key of this.keys.iterate({ includeDisabled: true })) keys.push(key);
    return keys;
  }

  private async readSpend(keys: Promise<ApiKey[] | undefined>): Promise<Spend> {
    const [items, forecast] = await Promise.all([this.activity.list(), this.balance.forecast()]);
    return spendOf(items, await keys, forecast, Date.now());
  }
}

function emptyPanel(name: string, canBeRead: boolean): Panel<never> {
  const message = `Set OPENROUTER_MANAGEMENT_KEY to see the ${name}: OpenRouter shows them to no other key.`;
  return { data: null, readAt: null, problem: canBeRead ? null : { since: Date.now(), message } };
}
