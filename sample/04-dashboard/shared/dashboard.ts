// The contract between server and page. Times are milliseconds since 1970 by the server's clock, amounts are US dollars,
// and `null` means "not known".

/** The server-sent events of `GET /api/events`, each with its data. */
export interface DashboardEvents {
  /** The first event of every connection. Replaces everything that the page shows. */
  dashboard: Dashboard;
  balance: BalancePanel;
  alert: Alert;
  tenants: Panel<readonly TenantSpend[]>;
  completions: Completions;
  metered: Metered;
  ledger: Panel<Ledger>;
  spend: Panel<Spend>;
  keys: Panel<readonly Key[]>;
  budgets: Panel<readonly Budget[]>;
  traffic: Traffic;
  sandbox: SandboxControls;
  /** Sent every second, so that the page notices a lost server and a different clock. */
  beat: { readonly now: number };
}

export interface Dashboard {
  readonly account: AccountInfo;
  readonly now: number;
  readonly balance: BalancePanel;
  /** Newest first. */
  readonly alerts: readonly Alert[];
  /** What counts against the limits of the tenants: the whole account first. Empty on a real account. */
  readonly tenants: Panel<readonly TenantSpend[]>;
  readonly completions: Completions;
  readonly metered: Metered;
  /** `null` without a database. */
  readonly ledger: Panel<Ledger> | null;
  readonly spend: Panel<Spend>;
  readonly keys: Panel<readonly Key[]>;
  readonly budgets: Panel<readonly Budget[]>;
  readonly traffic: Traffic;
  /** `null` on a real account, which is read-only. */
  readonly sandbox: SandboxControls | null;
}

export interface AccountInfo {
  readonly isSandbox: boolean;
  /** Where the figures come from, for example `openrouter.ai`. */
  readonly host: string;
  readonly hasApiKey: boolean;
  readonly hasManagementKey: boolean;
  readonly thresholds: { readonly low: number; readonly critical: number };
  /** How often the balance is read. */
  readonly pollIntervalMs: number;
  /** OpenRouter's page to buy credits on. */
  readonly purchaseUrl: string;
  /** For which tenant a burst is, and what is held for each of its completions. `null` on a real account. */
  readonly burst: { readonly tenant: string; readonly holdUsd: number } | null;
}

/** Why figures are missing or old. */
export interface Problem {
  readonly since: number;
  /** What happened, and what to do about it if that is known. */
  readonly message: string;
}

/** Figures that are read periodically. If a reading fails, the last ones stay, together with the problem. */
export interface Panel<T> {
  readonly data: T | null;
  readonly readAt: number | null;
  readonly problem: Problem | null;
}

export interface BalanceFigures {
  readonly totalCredits: number | null;
  readonly totalUsage: number | null;
  readonly balance: number | null;
  readonly keyLimitRemaining: number | null;
  readonly spendable: number | null;
  readonly limitedBy: 'balance' | 'key-limit' | 'budget' | null;
  /** When this limit resets. `null` means never. */
  readonly resetsAt: number | null;
  readonly isBalanceKnown: boolean;
  readonly isKeyLimitKnown: boolean;
  readonly stale: boolean;
}

export interface BalancePanel extends Panel<BalanceFigures> {
  /** Oldest first. */
  readonly history: readonly BalancePoint[];
}

export interface BalancePoint {
  readonly at: number;
  /** `null` makes a gap: it was not known. */
  readonly spendable: number | null;
}

export type Alert = BalanceAlert | LimitAlert;

interface AnyAlert {
  /** Counts up from 1. */
  readonly id: number;
  readonly at: number;
}

export interface BalanceAlert extends AnyAlert {
  readonly type: 'low' | 'critical' | 'recovered' | 'unavailable';
  readonly threshold: number | null;
  readonly spendable: number | null;
}

/** A tenant has spent a fraction of its limit. */
export interface LimitAlert extends AnyAlert {
  readonly type: 'warning' | 'reached';
  /** `null` for the whole account. */
  readonly tenant: string | null;
  /** From 0 to 1. */
  readonly fraction: number;
  readonly limit: number | null;
  readonly resetsAt: number | null;
}

/** What counts against a limit. */
export interface TenantSpend {
  /** `null` for the whole account. */
  readonly tenant: string | null;
  readonly plan: string;
  /** `null` for no limit. */
  readonly limit: number | null;
  /** What was billed. */
  readonly spent: number;
  /** What is reserved for completions under way. */
  readonly held: number;
  /** What lost processes had reserved, until its bill is known. */
  readonly unsettled: number;
  readonly remaining: number | null;
  readonly resetsAt: number | null;
}

export interface Completions {
  /** The last ones whose cost is decided, newest first. */
  readonly latest: readonly CompletionRow[];
  /** Those that limits have refused, the last refused first. */
  readonly refusals: readonly RefusalRow[];
}

export interface CompletionRow {
  /** Counts up from 1. */
  readonly number: number;
  /** When its cost was decided. */
  readonly at: number;
  readonly tenant: string;
  readonly model: string;
  /** `null` if it is not known. */
  readonly usd: number | null;
  readonly source: 'answer' | 'generation' | 'recorded' | 'hold' | 'unknown';
  readonly outcome: 'complete' | 'aborted' | 'failed';
  readonly isStream: boolean;
}

/** Refusals for the same tenant by the same limit. */
export interface RefusalRow {
  /** `null` where the limit of the whole account has refused. */
  readonly tenant: string | null;
  readonly rule: string;
  readonly count: number;
  readonly lastAt: number;
  readonly limit: number | null;
  readonly resetsAt: number | null;
}

/** What the meter has counted since the start of the server, beside what OpenRouter has billed since then. */
export interface Metered {
  readonly since: number | null;
  readonly metered: number;
  /** Booked at what was held, because the bill could not be learned. Not part of `metered`. */
  readonly assumed: number;
  /** `null` before the first reading of the balance. */
  readonly billed: number | null;
}

/** What the ledger of the application knows, which has a row for each completion of all its processes. */
export interface Ledger {
  /** The first day of the present UTC month. */
  readonly month: string;
  /** The spend of this month, the most expensive first. */
  readonly tenants: readonly {
    /** `null` for what was spent for nobody. */
    readonly tenant: string | null;
    readonly usd: number;
    /** What is held, or was, and whose bill is not known. */
    readonly unsettled: number;
    readonly completions: number;
  }[];
  /** The last completed UTC days, newest first. */
  readonly days: readonly {
    readonly date: string;
    readonly metered: number;
    readonly billed: number;
    /** What was spent past the meter: the difference, without what rounding and midnight explain. */
    readonly unexplained: number;
  }[];
}

export interface Spend {
  /** Most expensive first. All but the first few are combined as `other models`. */
  readonly models: readonly string[];
  /** Completed UTC days, oldest first, without gaps. */
  readonly days: readonly { readonly date: string; readonly usd: readonly number[] }[];
  /** The current UTC day, from the counters of the keys. Activity covers a day only when it is over. */
  readonly today: number | null;
  readonly forecast: Forecast;
}

export interface Forecast {
  readonly dailyUsage: number | null;
  readonly daysLeft: number | null;
  readonly emptyOn: number | null;
  readonly basedOnDays: number;
}

export interface Key {
  readonly name: string;
  readonly disabled: boolean;
  readonly limit: number | null;
  readonly limitRemaining: number | null;
  /** `daily`, `weekly` or `monthly`. `null` means never. */
  readonly limitReset: string | null;
  readonly usage: number;
  readonly usageMonthly: number;
  /** The share of this month's spend, from 0 to 1. `null` if nothing was spent. */
  readonly share: number | null;
  readonly expiresAt: number | null;
}

export interface Budget {
  readonly workspace: string;
  /** `daily`, `weekly`, `monthly`, `lifetime`. */
  readonly interval: string;
  readonly limit: number;
  /** From the counters of the workspace's keys. `null` if it has no keys. */
  readonly spent: number | null;
}

/** The attempts of the last minute. */
export interface Traffic {
  readonly windowMs: number;
  /** Since when attempts are counted. */
  readonly since: number;
  readonly attempts: number;
  readonly errors: number;
  readonly retries: number;
  readonly p95Ms: number | null;
  /** How often the guard of `/api/completions` checked the balance, and how many attempts all readings took. */
  readonly guardChecks: number;
  readonly balanceAttempts: number;
  /** One entry for each second of the window, oldest first. */
  readonly perSecond: readonly { readonly ok: number; readonly failed: number }[];
  /** The last failures, newest first. */
  readonly failures: readonly {
    readonly at: number;
    readonly operation: string;
    readonly status: number | null;
    readonly message: string;
  }[];
}

export type Condition = 'normal' | 'outage' | 'slow' | 'throttled';

export interface SandboxControls {
  readonly condition: Condition;
  readonly isKeyExpired: boolean;
  /** Whether completions run in the background. */
  readonly isBusy: boolean;
  /** Whether the store of the spend limits does not answer. */
  readonly isStoreDown: boolean;
}

/**
 * The bodies of the `POST` commands, by path. The answer is 204 unless stated otherwise. A real account is read-only: it
 * has only `/api/balance/refresh`, and the other paths are 404.
 */
export interface Commands {
  /** Reads the balance without the cache. */
  '/api/balance/refresh': Record<string, never>;
  /** Answers 201 with {@link Charge}, or with the error of the API. */
  '/api/charges': { readonly amount: number };
  /**
   * A completion for a tenant, behind `@RequireCredits`. Answers 200 with {@link Completion}; 402 if the credits or the
   * limit of the tenant leave too little; 503 if the store of the limits does not answer.
   */
  '/api/completions': { readonly tenant?: string };
  '/api/sandbox/spend': { readonly usd: number };
  '/api/sandbox/top-up': { readonly usd: number };
  '/api/sandbox/condition': { readonly condition: Condition };
  '/api/sandbox/key': { readonly expired: boolean };
  '/api/sandbox/busy': { readonly busy: boolean };
  '/api/sandbox/store': { readonly down: boolean };
  /** A process is lost in the middle of a completion. */
  '/api/sandbox/crash': Record<string, never>;
}

export interface Completion {
  readonly model: string;
  readonly cost: number;
}

export interface Charge {
  readonly id: string;
  /** The payment page, if the server has one. */
  readonly hostedUrl: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
}

/** The body of every error answer. */
export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
  /** What refused it, for programs: `SPEND_LIMIT` for the limit of a tenant. */
  readonly code?: string;
  /** With a 410 from `/api/charges`: where to buy credits instead. */
  readonly purchaseUrl?: string;
}
