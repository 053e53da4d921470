import type { OnModuleDestroy } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { Account } from '../account/account.js';
import type { CompletionCost, SpendScope } from '../contracts/completion-cost.js';
import { assertMadeByModule } from '../http/service-pipeline.js';
import { checkScope } from '../options/spend-scope.js';
import { HiddenParts } from '../secret/hidden-parts.js';
import { checkHoldUsd, checkRecordRequest, checkSettledOptions } from './metering-arguments.js';
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
   * @throws `OpenRouterValidationException` for a bad scope or option, before the function is called; what the function throws.
   *
   * @example
   * ```ts
   * await metering.run({ tenant: job.tenant, feature: 'summary' }, () => this.summarize(job));
   * ```
   */
  run<T>(scope: SpendScope, fn: () => T, options: MeterOptions = {}): T {
    const { maxHoldUsd } = meteringParts.of(this);
    const checked = checkScope(scope, 'metering.run, scope');
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
   * cost that an answer did not state, for up to 15 seconds after its end. That includes requests made in the meantime. An
   * answer that nobody reads is open until it is collected as garbage.
   *
   * @param options - `signal` ends the wait; pass one if an answer may be left unread.
   * @throws `OpenRouterAbortException` if the signal is aborted; `OpenRouterValidationException`.
   */
  async settled(options: SettledOptions = {}): Promise<void> {
    return meteringParts.of(this).completions.settled(checkSettledOptions(options).signal);
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
