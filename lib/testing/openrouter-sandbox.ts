import { API_ROOT } from './routes/route.js';
import type { SandboxCharge } from './account/charges.js';
import { checkValue, milliseconds, oneOf, usd as usdCheck } from './check-fields.js';
import {
  CANCELLED_BILLINGS,
  type SandboxCancelledBilling,
  type SandboxCompletionDecider,
  checkDecider,
} from './sandbox-completions.js';
import type { SandboxFailure } from './sandbox-faults.js';
import { type SandboxGuardrail, checkGuardrail } from './sandbox-guardrails.js';
import {
  type OpenRouterSandboxOptions,
  type ResolvedSandboxOptions,
  resolveOptions,
} from './sandbox-options.js';
import { type SandboxSpend, checkSpend } from './sandbox-spend.js';
import type { SandboxRequest } from './sandbox-requests.js';
import { type SandboxServer, startServer } from './sandbox-server.js';

/**
 * An OpenRouter account on this machine, for tests and demos: real HTTP on 127.0.0.1, the API's own status codes,
 * bodies and headers, and failures on demand. It shares no code with this package's client, so any client of the API
 * can be tested against it.
 *
 * It serves these routes under {@link baseUrl}; everything else is a 404:
 *
 * - `GET /credits`, `POST /credits/coinbase`
 * - `GET /key` and its old name `GET /auth/key`; `GET` and `POST /keys`; `GET`, `PATCH` and `DELETE /keys/{hash}`
 * - `GET /activity`
 * - `POST /chat/completions`, `/responses` and `/messages`, streamed or not, with the same short answer to everything;
 *   `POST /embeddings`; `GET /generation`
 * - `GET` and `POST /workspaces`, `GET /workspaces/{id}`, `GET /workspaces/{id}/budgets`; `GET`, `PUT` and `DELETE
 *   /workspaces/{id}/budgets/{interval}`; the first workspace exists from the start and has the slug `default`
 *
 * Responses follow OpenRouter's OpenAPI document. Every error body is `{ error: { code, message } }`, with
 * `error.metadata` if money is the reason, and with `user_id` if the key is known; that of `/messages` is
 * `{ type: 'error', error: { type, message, error_type } }`, with `metadata` beside `error`.
 *
 * Keys made by `POST /keys` work until they are disabled, deleted or expired (401 `User not found.`), and so does
 * {@link apiKey}, which is one of the listed keys.
 *
 * A completion costs `completionCost`, unless {@link onCompletion} decides otherwise. It is refused with 402 if the
 * balance is not above zero, with 403 if a budget of a guardrail or of the key's workspace is used up, and with 403
 * (or 402, see `keyLimitStatus`) if the key's limit is used up. Otherwise it is charged, even if that overdraws the
 * account, and only when it ends: after the last text chunk of a stream, just before the last byte of an answer in
 * JSON, or when its client disconnects (see {@link cancelledBilling}). {@link charges} lists the bills. So completions
 * that run at the same time (see `completionMs` and {@link latencyMs}) may together spend more than the limits allow.
 * `GET /key` lists all limits except the balance as `budgets`, in that order, and the deciding one as
 * `effective_budget`.
 *
 * A running sandbox does not keep its process alive, so a test that fails before it can {@link stop} the sandbox still
 * ends. To run only a sandbox, for other processes, use the command `npx nestjs-openrouter sandbox`.
 *
 * @example
 * ```ts
 * const sandbox = await OpenRouterSandbox.start({ credits: { totalCredits: 10, totalUsage: 9.5 } });
 * const response = await fetch(`${sandbox.baseUrl}/credits`, {
 *   headers: { authorization: `Bearer ${sandbox.managementKey}` },
 * });
 * await response.json(); // { data: { total_credits: 10, total_usage: 9.5 } }
 * await sandbox.stop();
 * ```
 */
export class OpenRouterSandbox {
  /** The API's base URL, `http://127.0.0.1:PORT/api/v1`, without a slash at the end. */
  readonly baseUrl: string;
  /**
   * The inference key: gets completions, `GET /key` and `GET /generation`, and 403 from `GET /credits` unless
   * `inferenceKeyCredits` says otherwise.
   */
  readonly apiKey: string;
  /** The management key: gets everything except completions, which answer it with 401 `User not found.` */
  readonly managementKey: string;

  /** @internal Not enumerable, so that printing a sandbox stays short. */
  declare readonly server: SandboxServer;

  /**
   * Use {@link OpenRouterSandbox.start}.
   *
   * @hidden
   */
  protected constructor(server: SandboxServer, { apiKey, managementKey }: ResolvedSandboxOptions) {
    this.baseUrl = server.origin + API_ROOT;
    this.apiKey = apiKey;
    this.managementKey = managementKey;
    Object.defineProperty(this, 'server', { value: server });
  }

  /**
   * Starts a sandbox with an account of its own. Resolves once it accepts connections.
   *
   * @throws TypeError (as a rejection) for an unknown option or a wrong value; it names the option.
   * @throws Error (as a rejection) with the system's `code`, such as `EADDRINUSE`, if the port is not available.
   */
  static async start(options: OpenRouterSandboxOptions = {}): Promise<OpenRouterSandbox> {
    const resolved = resolveOptions(options);
    return new OpenRouterSandbox(await startServer(resolved), resolved);
  }

  /**
   * The requests so far, oldest first, including those that {@link failNext} made fail. It is a snapshot: read it again
   * after further requests.
   */
  get requests(): readonly SandboxRequest[] {
    return [...this.server.requests];
  }

  /** Forgets the requests so far, for example between tests that share a sandbox. */
  clearRequests(): void {
    this.server.requests.length = 0;
  }

  /**
   * The bills so far: one for each completion that has ended, oldest first, including those that cost nothing. Their
   * sum is exactly what completions have added to `total_usage`; {@link spend} adds no charge. It is a snapshot, like
   * {@link requests}.
   *
   * @example
   * ```ts
   * const billed = sandbox.charges.filter(({ user }) => user === 'u7').map(({ usd }) => usd);
   * ```
   */
  get charges(): readonly SandboxCharge[] {
    return [...this.server.account.charges];
  }

  /** Forgets the bills so far, like {@link clearRequests}. The account keeps what was charged. */
  clearCharges(): void {
    this.server.account.charges.length = 0;
  }

  /**
   * Decides what becomes of completions from now on, in place of the function given before. The function is called for
   * each request that is not refused, and returns the decision, or `undefined` for a normal completion.
   *
   * If it throws, or returns a decision that is wrong, the request is answered with 500, and the message says why.
   *
   * @example
   * ```ts
   * sandbox.onCompletion(({ path, body }) => ({ usd: 0.25, chunks: 20, failAfter: 7 }));
   * sandbox.onCompletion(undefined); // back to normal
   * ```
   * @throws TypeError for anything but a function or `undefined`.
   */
  onCompletion(decide: SandboxCompletionDecider | undefined): void {
    checkDecider(decide);
    this.server.settings.decide = decide;
  }

  /**
   * How long after the end of a completion `GET /generation` answers 404, in milliseconds of `Date`; for a cancelled
   * stream twice as long. A change applies at once, also to completions that have ended before. Independently, the
   * first `generationMisses` requests for a completion find nothing.
   */
  get generationDelayMs(): number {
    return this.server.settings.generationDelayMs;
  }

  /** @throws TypeError for anything but a whole number from 0 to 2 147 483 647. */
  set generationDelayMs(generationDelayMs: number) {
    checkValue('OpenRouterSandbox', 'generationDelayMs', generationDelayMs, milliseconds);
    this.server.settings.generationDelayMs = generationDelayMs;
  }

  /** How streams are billed that are left, or cut, from now on. */
  get cancelledBilling(): SandboxCancelledBilling {
    return this.server.settings.cancelledBilling;
  }

  /** @throws TypeError for anything but `'stops'` and `'full'`. */
  set cancelledBilling(cancelledBilling: SandboxCancelledBilling) {
    checkValue('OpenRouterSandbox', 'cancelledBilling', cancelledBilling, oneOf(CANCELLED_BILLINGS));
    this.server.settings.cancelledBilling = cancelledBilling;
  }

  /**
   * Spends as if a key, by default the inference key, had made a completion. `total_usage` of the account, `usage`,
   * `usage_daily`, `usage_weekly` and `usage_monthly` of the key, the spend of its workspace's budgets and the activity
   * of that day rise by the amount; `limit_remaining` falls. Sums are exact in decimal. No balance, limit or budget
   * stops it, and all may be overdrawn, since charges are booked after the fact. Days, weeks (from Monday) and months
   * are UTC and follow `Date`, so a faked clock moves them.
   *
   * @example
   * ```ts
   * // History for GET /activity, which never shows today.
   * const yesterday = new Date(Date.now() - 86_400_000);
   * sandbox.spend(1.25, { model: 'anthropic/claude-sonnet-4', at: yesterday, requests: 40 });
   * ```
   * @param usd US dollars, 0 or more.
   * @param spend Which key, model, provider and day, and how many requests and tokens.
   * @throws TypeError for an unknown field or a wrong value; it names the field.
   */
  spend(usd: number, spend: SandboxSpend = {}): void {
    const { account } = this.server;
    account.charge(checkSpend(usd, spend, account));
  }

  /**
   * Buys credits: `total_credits` of the account rises by the amount, at once and without fees.
   *
   * @param usd US dollars, 0 or more.
   * @throws TypeError for anything else.
   */
  topUp(usd: number): void {
    checkValue('topUp', 'usd', usd, usdCheck);
    this.server.account.topUp(usd);
  }

  /**
   * Adds a guardrail budget for the inference key, or for another key. Earlier spend in its interval counts, as it does
   * for budgets of workspaces, which `PUT /workspaces/{id}/budgets/{interval}` sets.
   *
   * @example
   * ```ts
   * sandbox.addGuardrail({ scope: 'member', limitUsd: 5, resetInterval: 'daily' });
   * sandbox.spend(5); // completions are refused with 403 until midnight UTC
   * ```
   * @throws TypeError for an unknown field or a wrong value; it names the field.
   */
  addGuardrail(guardrail: SandboxGuardrail): void {
    const { keys, firstKey, guardrails } = this.server.account;
    guardrails.add(
      checkGuardrail(
        'addGuardrail',
        guardrail,
        firstKey.hash,
        (hash) => keys.byHash(hash)?.deleted === false,
      ),
    );
  }

  /** Removes the budgets of all guardrails. */
  clearGuardrails(): void {
    this.server.account.guardrails.clear();
  }

  /**
   * Makes the next matching request fail, or the next `times` of them: with a status, with a body of your own (even a
   * broken success), or with a broken connection. The failure comes before everything else, even the check of the key,
   * and does not change the account. With `when: 'after'` the request is carried out first and its answer is lost.
   * Failures form a queue; a request takes the first that matches it.
   *
   * @example
   * ```ts
   * sandbox.failNext({ path: '/credits', status: 429, headers: { 'retry-after': 2 } });
   * sandbox.failNext({ times: 3, fault: 'reset' });
   * sandbox.failNext({ status: 200, body: '<html>' });
   * sandbox.failNext({ method: 'POST', path: '/keys', fault: 'reset', when: 'after' }); // the key is made
   * ```
   * @throws TypeError for an unknown field or a wrong value; it names the field.
   */
  failNext(failure: SandboxFailure): void {
    this.server.failures.add(failure);
  }

  /**
   * The delay in milliseconds of every answer to later requests, including failures. Requests are carried out at once,
   * so a client that gives up early does not know the result; only a completion is charged at its end.
   */
  get latencyMs(): number {
    return this.server.settings.latencyMs;
  }

  /**
   * Requests that have already arrived keep their delay.
   *
   * @throws TypeError for anything but a whole number from 0 to 2 147 483 647.
   */
  set latencyMs(latencyMs: number) {
    checkValue('OpenRouterSandbox', 'latencyMs', latencyMs, milliseconds);
    this.server.settings.latencyMs = latencyMs;
  }

  /**
   * The failures still in the queue, oldest first; `times` is the number that is left. If one is left at the end of a
   * test, its `path` may have a typing error. It is a snapshot, like {@link requests}.
   */
  get pendingFailures(): readonly SandboxFailure[] {
    return this.server.failures.pending();
  }

  /** Removes the failures still in the queue. */
  clearFailures(): void {
    this.server.failures.clear();
  }

  /** Stops listening and closes all connections at once, even hanging ones. May be called again. */
  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** The same as {@link stop}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
