import type { CompletionCost, OpenRouterInstrumentation, SpendUsage } from 'nestjs-openrouter';
import { Subject } from 'rxjs';
import type { CompletionRow, Completions, RefusalRow } from '../../shared/dashboard.js';

const COMPLETIONS_KEPT = 40;
const REFUSALS_KEPT = 20;

/** Sums of binary fractions would drift. Nothing is billed in smaller parts. */
const NANOS_PER_USD = 1e9;

/** Keeps what the last completions have cost, what limits have refused, and the sum of what was metered. */
export class SpendLog implements OpenRouterInstrumentation {
  readonly changes$ = new Subject<void>();

  completions: Completions = { latest: [], refusals: [] };

  private count = 0;
  private meteredNanoUsd = 0;
  private assumedNanoUsd = 0;

  constructor(private readonly now: () => number = Date.now) {}

  /** What the meter knows to be billed. */
  get meteredUsd(): number {
    return this.meteredNanoUsd / NANOS_PER_USD;
  }

  /** What was booked at what was held, because its bill could not be learned. */
  get assumedUsd(): number {
    return this.assumedNanoUsd / NANOS_PER_USD;
  }

  onCost({ usd, source, outcome, isStream, model, scope }: CompletionCost): void {
    const nanoUsd = Math.round((usd ?? 0) * NANOS_PER_USD);
    if (source === 'hold') this.assumedNanoUsd += nanoUsd;
    else this.meteredNanoUsd += nanoUsd;
    this.count += 1;
    const row: CompletionRow = {
      number: this.count,
      at: this.now(),
      tenant: scope['tenant'] ?? 'nobody',
      model: model ?? 'unknown model',
      usd,
      source,
      outcome,
      isStream,
    };
    this.change({ latest: [row, ...this.completions.latest].slice(0, COMPLETIONS_KEPT) });
  }

  onRefusal({ rule, subject, limitUsd, resetsAt }: SpendUsage): void {
    const tenant = subject['tenant'] ?? null;
    const isSame = (row: RefusalRow): boolean => row.tenant === tenant && row.rule === rule;
    const { refusals } = this.completions;
    const row: RefusalRow = {
      tenant,
      rule,
      count: (refusals.find(isSame)?.count ?? 0) + 1,
      lastAt: this.now(),
      limit: limitUsd,
      resetsAt: resetsAt?.getTime() ?? null,
    };
    const others = refusals.filter((each) => !isSame(each));
    this.change({ refusals: [row, ...others].slice(0, REFUSALS_KEPT) });
  }

  private change(change: Partial<Completions>): void {
    this.completions = { ...this.completions, ...change };
    this.changes$.next();
  }
}
