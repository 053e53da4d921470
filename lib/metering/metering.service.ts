import type { OnModuleDestroy } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Account } from '../account/account.js';
import { keepingAlive } from '../async/keep-alive.js';
import type { CompletionCost, SpendScope } from '../contracts/completion-cost.js';
import { assertMadeByModule } from '../http/service-pipeline.js';
import { checkScope } from '../options/spend-scope.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import type { ExportedCost, MeteringReconciliation, MeteringReport } from './ledger/ledger.models.js';
import type {
  ExportCostsQuery,
  MeteringReconcileQuery,
  MeteringReportQuery,
} from './ledger/ledger.options.js';
import {
  checkFunction,
  checkHoldUsd,
  checkRecordRequest,
  checkSettledOptions,
} from './metering-arguments.js';
import type { MeterOptions, RecordCostRequest, SettledOptions } from './metering.options.js';
import { type MeteredServices, openMetering, type OpenMetering } from './open-metering.js';
import { ambientScope, runInScope } from './scope/ambient-scope.js';

const meteringParts = new HiddenParts<OpenMetering>();

/**
 * Knows what every completion has cost, whichever client sends it and however it ends.
 *
 * {@link MeteringService.fetch} is handed to the client in the place of the global `fetch`. What OpenRouter billed is read
 * from the answer as it passes: the client gets the same bytes at the same time. If an answer does not state its cost,
 * because its reader has left or the connection broke, `GET /generation` is asked for it. Each cost is taken from the
 * balance, and each error that says the money is out is reported to it, so neither needs to be done by hand.
 *
 * Nothing of a prompt or an answer is kept.
 *
 * @example
 * ```ts
 * @Controller()
 * export class ChatController {
 *   private readonly openai: OpenAI;
 *
 *   constructor(metering: MeteringService) {
 *     this.openai = new OpenAI({ baseURL, apiKey, fetch: metering.fetch });
 *   }
 *
 *   @MeterAs((context) => ({ tenant: context.switchToHttp().getRequest().tenantId }))
 *   @Post('chat')
 *   chat(@Body() { messages }: ChatDto) {
 *     return this.openai.chat.completions.create({ model: 'openai/gpt-5-mini', messages });
 *   }
 * }
 * ```
 */
export class MeteringService implements OnModuleDestroy {
  /**
   * The global `fetch`, or the option `metering.fetch`, with a meter. It is bound: pass it on as it is, for example
   * `new OpenAI({ fetch: metering.fetch })`.
   *
   * It meters every `POST` below the account's base URL, except those to `/keys`, `/credits`, `/auth` and `/workspaces`.
   * Everything else passes untouched. It adds no key: the client sends its own. Each call is one completion, so the
   * retries of a client are further completions.
   *
   * The completion is attributed to the scope in force where `fetch` is called ({@link MeteringService.run},
   * `@MeterAs`). Without one, the option `metering.onUnattributed` decides.
   */
  readonly fetch: typeof globalThis.fetch;

  /** @internal */
  constructor(account: Account | undefined, services: MeteredServices) {
    assertMadeByModule(this, account, 'metering');
    const parts = openMetering(account, services);
    meteringParts.hide(this, parts);
    this.fetch = parts.fetchFor();
  }

  /**
   * Makes a `fetch` like {@link MeteringService.fetch} that attributes completions to a fixed scope, whatever scope is in
   * force. Use it where requests of several tenants share a queue or a pool: there, the scope in force may be that of
   * another request.
   *
   * @param scope - For whom the money is spent.
   * @param options - `holdUsd`: what each completion reserves under the spend limits.
   * @throws `OpenRouterValidationException` for a bad scope or option, which names the member and the fix.
   */
  fetchFor(scope: SpendScope, options: MeterOptions = {}): typeof globalThis.fetch {
    const { fetchFor, maxHoldUsd } = meteringParts.of(this);
    return fetchFor({
      scope: checkScope(scope, 'metering.fetchFor, scope'),
      holdUsd: checkHoldUsd(options, maxHoldUsd, 'metering.fetchFor, options'),
    });
  }

  /**
   * Runs a function in a scope: completions that it requests, at once or later, are attributed to that scope. Scopes are
   * merged: where an outer scope has the same name, the inner value counts.
   *
   * @param scope - For whom the money is spent.
   * @param options - `holdUsd`: what each completion in it reserves under the spend limits.
   * @returns What the function returns.
   * @throws `OpenRouterValidationException` for a bad scope, function or option, before the function is called; what the function throws.
   *
   * @example
   * ```ts
   * await metering.run({ tenant: job.tenant, feature: 'summary' }, () => this.summarize(job));
   * ```
   */
  run<T>(scope: SpendScope, fn: () => T, options: MeterOptions = {}): T {
    const { maxHoldUsd } = meteringParts.of(this);
    const checked = checkScope(scope, 'metering.run, scope');
    checkFunction(fn, 'metering.run');
    return runInScope(checked, fn, checkHoldUsd(options, maxHoldUsd, 'metering.run, options'));
  }

  /** The scope in force here, frozen; `undefined` outside of any. */
  get scope(): SpendScope | undefined {
    return ambientScope();
  }

  /**
   * Records what was paid in another way than through {@link MeteringService.fetch}: a video, a batch, a program in
   * another language. It counts as any other cost does.
   *
   * @returns The cost as it was counted. For an `id` that this process has counted before, as a record or as the generation
   * of a metered completion (of the last 10 000), it is the cost of that time, and nothing is counted again.
   * @throws `OpenRouterValidationException` that names every wrong member.
   */
  async record(request: RecordCostRequest): Promise<CompletionCost> {
    const recorded = checkRecordRequest(request, ambientScope());
    return Promise.resolve(meteringParts.of(this).completions.record(recorded));
  }

  /**
   * Emits each completion once, when its cost is known or given up. A refused request that cost nothing is not emitted.
   * Never errors and replays nothing; completes when the application ends or the client is closed.
   */
  get costs$(): Observable<CompletionCost> {
    return meteringParts.of(this).completions.costs$;
  }

  /**
   * Waits until nothing is open: every answer has been read, dropped or lost, and OpenRouter has been asked for every
   * cost that an answer did not state, for up to 15 seconds after its end. With spend limits, the store also has every bill,
   * so that `SpendLimitsService.usage` tells it; while the store does not answer, this waits. That includes requests made
   * in the meantime. An answer that nobody reads is open until it is collected as garbage.
   *
   * @param options - `signal` ends the wait; pass one if an answer may be left unread.
   * @throws `OpenRouterAbortException` if the signal is aborted; `OpenRouterValidationException`.
   */
  async settled(options: SettledOptions = {}): Promise<void> {
    const { signal } = checkSettledOptions(options);
    await keepingAlive(meteringParts.of(this).completions.settled(signal));
  }

  /**
   * Adds up what completions have cost: exact sums over all processes, from the ledger that `spendLimits.store` keeps. A
   * completion counts at the moment at which it was requested.
   *
   * What was recorded by {@link MeteringService.record}, and what was committed under a reservation of
   * `SpendLimitsService`, counts as completions do; adjustments do not.
   *
   * @param query - `from` and `to`: the span of time; `groupBy`: by what; `scope`: for whom.
   * @throws `OpenRouterConfigException` if the store keeps no ledger; `OpenRouterSpendStoreException` if it does not answer;
   * `OpenRouterValidationException` that names every wrong member.
   *
   * @example
   * ```ts
   * const { rows } = await metering.report({ from: '2026-11-01', to: '2026-12-01', groupBy: ['tenant', 'day'] });
   * // [{ key: { tenant: 'acme', day: '2026-11-01' }, usd: 1.25, completions: 310, … }, …]
   * ```
   */
  report(query: MeteringReportQuery): Promise<MeteringReport> {
    return meteringParts.of(this).ledger.report(query);
  }

  /**
   * Compares what was metered on a UTC day with OpenRouter's own activity (`GET /activity`, which needs a management key): what
   * was spent past the meter, for example by a script with the same key. Differences by rounding, by what OpenRouter has
   * booked on the other side of midnight, and by bills that are not known yet are told apart from the rest, which is
   * `unexplainedUsd`.
   *
   * A completion counts on the day on which it ended, since OpenRouter books it then.
   *
   * @param query - `date`: one of the last 30 days. OpenRouter's figures may be incomplete until half an hour after its end.
   * @throws What {@link MeteringService.report} and `ActivityService.list` throw.
   */
  reconcile(query: MeteringReconcileQuery): Promise<MeteringReconciliation> {
    return meteringParts.of(this).ledger.reconcile(query);
  }

  /**
   * The entries of the ledger one after the other, for a job that bills them. The order is that in which they were written, so
   * that an export that goes on after the last `cursor` misses nothing: neither what is written meanwhile, nor what a slow
   * transaction has begun before. Keep the cursor together with what was made of the entry, in one transaction; each entry
   * is then processed once.
   *
   * It ends where nothing more was written. An entry whose bill is not known (`isFinal: false`) comes again, with the same
   * `id`, once its bill is known. So either bill final entries only, or keep entries by their `id` and let a later one replace
   * the earlier.
   *
   * @param query - `after`: the last `cursor`; `from`, `to` and `scope`: which completions. They must stay the same while
   * cursors of earlier exports are used.
   * @throws At once: `OpenRouterConfigException` if the store keeps no ledger; `OpenRouterValidationException`. In the
   * iteration: `OpenRouterSpendStoreException`; `OpenRouterValidationException` for a cursor of another ledger.
   *
   * @example
   * ```ts
   * for await (const { id, scope, nanoUsd, cursor } of metering.exportCosts({ after: await bills.lastCursor() })) {
   *   await bills.add({ id, tenant: scope.tenant, nanoUsd, cursor });
   * }
   * ```
   */
  exportCosts(query: ExportCostsQuery = {}): AsyncGenerator<ExportedCost, void, undefined> {
    return meteringParts.of(this).ledger.exportCosts(query);
  }

  /** Whether every cost is known or given up. @internal */
  get isIdle(): boolean {
    return meteringParts.of(this).completions.isIdle;
  }

  /**
   * Nest's hook: waits at most `metering.shutdownMs` for the costs that are not known yet. What is still unknown when the
   * application ends is logged, with the ids of the generations.
   */
  onModuleDestroy(): Promise<void> {
    return meteringParts.of(this).completions.drain();
  }
}
