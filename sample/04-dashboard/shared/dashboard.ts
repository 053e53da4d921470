// The contract between server and page. Times are milliseconds since 1970 by the server's clock, amounts are US dollars,
// and `null` means "not known".

/** The server-sent events of `GET /api/events`, each with its data. */
export interface DashboardEvents {
  /** The first event of every connection. Replaces everything that the page shows. */
  dashboard: Dashboard;
  balance: BalancePanel;
  alert: Alert;
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

export interface Alert {
  readonly id: number;
  readonly type: 'low' | 'critical' | 'recovered' | 'unavailable';
  readonly at: number;
  readonly threshold: number | null;
  readonly spendable: number | null;
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
  /** A completion behind `@RequireCredits`. Answers 200 with {@link Completion}, or 402 with what is missing. */
  '/api/completions': Record<string, never>;
  '/api/sandbox/spend': { readonly usd: number };
  '/api/sandbox/top-up': { readonly usd: number };
  '/api/sandbox/condition': { readonly condition: Condition };
  '/api/sandbox/key': { readonly expired: boolean };
  '/api/sandbox/busy': { readonly busy: boolean };
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
  /** With a 410 from `/api/charges`: where to buy credits instead. */
  readonly purchaseUrl?: string;
}
