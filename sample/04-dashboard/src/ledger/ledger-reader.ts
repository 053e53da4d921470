import { Injectable } from '@nestjs/common';
import { MeteringService } from 'nestjs-openrouter';
import { map, type Observable } from 'rxjs';
import type { Ledger, Panel } from '../../shared/dashboard.js';
import { AccountFacts } from '../dashboard/account-facts.js';
import { readPanel } from '../dashboard/panel-reading.js';
import { whileWatched } from '../dashboard/while-watched.js';

const DAY_MS = 86_400_000;
const DAYS_SHOWN = 7;

const SANDBOX_INTERVAL_MS = 10_000;
/** Days that are over hardly change. */
const INTERVAL_MS = 600_000;

/** Reads from the ledger what each tenant has spent this month, and compares past days with OpenRouter's activity. */
@Injectable()
export class LedgerReader {
  panel: Panel<Ledger> = { data: null, readAt: null, problem: null };

  /** Shared by all subscribers. */
  readonly panel$: Observable<Panel<Ledger>>;

  constructor(
    private readonly metering: MeteringService,
    { info }: AccountFacts,
  ) {
    const read = async (): Promise<void> => {
      this.panel = await readPanel(this.panel, () => this.readLedger(Date.now()));
    };
    this.panel$ = whileWatched(read, info.isSandbox ? SANDBOX_INTERVAL_MS : INTERVAL_MS).pipe(
      map(() => this.panel),
    );
  }

  private async readLedger(now: number): Promise<Ledger> {
    const month = `${dateOf(now).slice(0, 7)}-01`;
    const { rows } = await this.metering.report({
      from: month,
      to: dateOf(now + DAY_MS),
      groupBy: 'tenant',
    });
    const days: Ledger['days'][number][] = [];
    // One after the other, because each asks OpenRouter.
    for (let daysAgo = 1; daysAgo <= DAYS_SHOWN; daysAgo += 1) {
      const day = await this.metering.reconcile({ date: dateOf(now - daysAgo * DAY_MS) });
      const { date, meteredUsd, billedUsd, unexplainedUsd } = day;
      days.push({ date, metered: meteredUsd, billed: billedUsd, unexplained: unexplainedUsd });
    }
    return {
      month,
      tenants: [...rows]
        .sort((one, other) => other.usd - one.usd)
        .map(({ key, usd, unsettledUsd, completions }) => ({
          tenant: key['tenant'] ?? null,
          usd,
          unsettled: unsettledUsd,
          completions,
        })),
      days,
    };
  }
}

/** In UTC, as OpenRouter's days are. */
function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
