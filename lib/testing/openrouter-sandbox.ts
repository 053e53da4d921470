import { API_ROOT } from './routes/route.js';
import { checkValue, milliseconds, usd as usdCheck } from './check-fields.js';
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
 * bodies and headers, and failures on demand. It knows nothing of this package's client, so any client of the API
 * can be tried against it.
 *
 * It serves, under {@link baseUrl}; everything else is a 404:
 *
 * - `GET /credits`, `POST /credits/coinbase`
 * - `GET /key` and its old name `GET /auth/key`; `GET` and `POST /keys`; `GET`, `PATCH` and `DELETE /keys/{hash}`
 * - `GET /activity`
 * - `POST /chat/completions`, streamed or not, with the same short answer to everything; `GET /generation`
 * - `GET` and `POST /workspaces`, `GET /workspaces/{id}`, `GET /workspaces/{id}/budgets`; `GET`, `PUT` and `DELETE
 *   /workspaces/{id}/budgets/{interval}`; the workspace that is there from the start has the slug `default`
 *
 * Responses follow OpenRouter's OpenAPI document. Each of its error bodies is `{ error: { code, message } }`, with
 * `error.metadata` where money is the reason, and `user_id` once the key is known.
 *
 * Keys made by `POST /keys` work until they are disabled, deleted or expired (401 `User not found.`), and so does
 * {@link apiKey}, which is one of the listed keys.
 *
 * A completion costs what the option `completionCost` says. It is refused with 402 when the balance is not above
 * zero, with 403 when a budget of a guardrail or of the key's workspace is used up, and with 403 (or 402, by
 * `keyLimitStatus`) when the key's limit is; otherwise it is charged in full, and what it was charged to may be
 * overdrawn. It is charged when it ends, just before the last byte of its answer or when its client leaves: those that
 * run at the same time, by `completionMs` or {@link latencyMs}, may together spend what each of them alone was allowed
 * to. `GET /key` tells all limits but the balance as `budgets`, in that order, and the one that decides as `effective_budget`.
 *
 * A running sandbox does not keep its process alive: a test that fails before it can {@link stop} it ends all the same.
 * Where nothing but the sandbox runs, for other processes to ask, take the command `npx nestjs-openrouter sandbox`.
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
  /** The management key: gets everything but completions, which tell it 401 `User not found.` */
  readonly managementKey: string;

  /** @internal Declared only: defined below as hidden, so that printing a sandbox stays short. */
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
   * Starts an account of its own and resolves once it accepts connections.
   *
   * @throws TypeError (as a rejection) for an unknown option or a value that cannot be; names the option.
   * @throws Error (as a rejection) with the system's `code`, such as `EADDRINUSE`, when the port cannot be had.
   */
  static async start(options: OpenRouterSandboxOptions = {}): Promise<OpenRouterSandbox> {
    const resolved = resolveOptions(options);
    return new OpenRouterSandbox(await startServer(resolved), resolved);
  }

  /**
   * The requests so far, oldest first, those that failed by arrangement included. A snapshot: read it again after
   * more requests.
   */
  get requests(): readonly SandboxRequest[] {
    return [...this.server.requests];
  }

  /** Forgets the requests so far, for example between the tests that share a sandbox. */
  clearRequests(): void {
    this.server.requests.length = 0;
  }

  /**
   * Spends as if a key, by default the inference key, had made a completion: `total_usage` of the account, `usage`,
   * `usage_daily`, `usage_weekly` and `usage_monthly` of the key, the spend that counts for its workspace's budgets
   * and the activity of that day rise by it, `limit_remaining` falls. Sums are exact in decimal.
   * Neither balance nor limit nor budget stops it, and all may be overdrawn: charges are booked after the fact.
   * Days, weeks (from Monday) and months are those of UTC by `Date`, so a faked clock moves them.
   *
   * @example
   * ```ts
   * // History for GET /activity, which never shows today.
   * const yesterday = new Date(Date.now() - 86_400_000);
   * sandbox.spend(1.25, { model: 'anthropic/claude-sonnet-4', at: yesterday, requests: 40 });
   * ```
   * @param usd US dollars, 0 or more.
   * @param spend Which key, model, provider and day, and how many requests and tokens.
   * @throws TypeError for an unknown field or a value that cannot be; names the field.
   */
  spend(usd: number, spend: SandboxSpend = {}): void {
    const { account } = this.server;
    account.charge(checkSpend(usd, spend, account));
  }

  /**
   * Buys credits: `total_credits` of the account rises by it, at once and without fees.
   *
   * @param usd US dollars, 0 or more.
   * @throws TypeError when `usd` is no such number.
   */
  topUp(usd: number): void {
    checkValue('topUp', 'usd', usd, usdCheck);
    this.server.account.topUp(usd);
  }

  /**
   * Sets a budget of a guardrail above the inference key, or above another one. What was spent before in its interval
   * counts, as it does for the budgets of workspaces, which `PUT /workspaces/{id}/budgets/{interval}` sets.
   *
   * @example
   * ```ts
   * sandbox.addGuardrail({ scope: 'member', limitUsd: 5, resetInterval: 'daily' });
   * sandbox.spend(5); // completions are refused with 403 until midnight UTC
   * ```
   * @throws TypeError for an unknown field or a value that cannot be; names the field.
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

  /** Takes the budgets of all guardrails away. */
  clearGuardrails(): void {
    this.server.account.guardrails.clear();
  }

  /**
   * Makes the next matching request fail, or the next `times` of them: with a status, with a body of your own
   * (a broken success, too), or by a broken connection. It comes before everything else, the check of the key
   * included, and leaves the account as it was; with `when: 'after'` the request is carried out first, and its answer
   * lost. Several failures wait in line; of those that match a request, the first is taken.
   *
   * @example
   * ```ts
   * sandbox.failNext({ path: '/credits', status: 429, headers: { 'retry-after': 2 } });
   * sandbox.failNext({ times: 3, fault: 'reset' });
   * sandbox.failNext({ status: 200, body: '<html>' });
   * sandbox.failNext({ method: 'POST', path: '/keys', fault: 'reset', when: 'after' }); // the key is made
   * ```
   * @throws TypeError for an unknown field or a value that cannot be; names the field.
   */
  failNext(failure: SandboxFailure): void {
    this.server.failures.add(failure);
  }

  /**
   * Milliseconds that the answer to every request from now on waits, failures included; 0 for none. What was asked for
   * is carried out at once: a client that gives up too early does not know. A completion alone is charged at its end.
   */
  get latencyMs(): number {
    return this.server.latencyMs;
  }

  /**
   * Requests that have arrived before keep their wait.
   *
   * @throws TypeError for anything but a whole number from 0 to 2 147 483 647.
   */
  set latencyMs(latencyMs: number) {
    checkValue('OpenRouterSandbox', 'latencyMs', latencyMs, milliseconds);
    this.server.latencyMs = latencyMs;
  }

  /**
   * The failures that are still waiting, oldest first, with `times` as what is left of it. At the end of a test, one
   * that has met no request has perhaps a typing error in its `path`. A snapshot, like {@link requests}.
   */
  get pendingFailures(): readonly SandboxFailure[] {
    return this.server.failures.pending();
  }

  /** Forgets the failures that are still waiting. */
  clearFailures(): void {
    this.server.failures.clear();
  }

  /** Stops listening and cuts every connection at once, those that hang included. May be called again. */
  async stop(): Promise<void> {
    await this.server.stop();
  }

  /** The same as {@link stop}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
