// What the server tells the page, and what the page may ask of it. Times are milliseconds since 1970 by the server's
// clock, amounts US dollars, and `null` is "not known".

/** The names of the server-sent events of `GET /api/events`, each with what its data holds. */
export interface DashboardEvents {
  /** First on every connection: all there is to show, in place of whatever the page had. */
  dashboard: Dashboard;
  balance: BalancePanel;
  alert: Alert;
  spend: Panel<Spend>;
  keys: Panel<readonly Key[]>;
  budgets: Panel<readonly Budget[]>;
  traffic: Traffic;
  sandbox: SandboxControls;
  /** Once a second, so that the page notices a server that is gone, and that its clock differs. */
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
  /** `null` on a real account, which is only looked at. */
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
  /** For a person; what happened, and what to do about it if that is known. */
  readonly message: string;
}

/** Figures that are read from time to time. Those that could be read last stay beside a problem. */
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
  /** When that limit starts anew; `null` for never. */
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
  /** `null` where it was not known: a gap. */
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
  /** Dearest first; those beyond the first few are one, `other models`. */
  readonly models: readonly string[];
  /** Completed UTC days, oldest first, without gaps. */
  readonly days: readonly { readonly date: string; readonly usd: readonly number[] }[];
  /** The current UTC day by the keys' own counters, which are there at once; activity is there a day later. */
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
  /** `daily`, `weekly`, `monthly`; `null` for never. */
  readonly limitReset: string | null;
  readonly usage: number;
  readonly usageMonthly: number;
  /** Of this month's spend of all keys, from 0 to 1; `null` while nothing was spent. */
  readonly share: number | null;
  readonly expiresAt: number | null;
}

export interface Budget {
  readonly workspace: string;
  /** `daily`, `weekly`, `monthly`, `lifetime`. */
  readonly interval: string;
  readonly limit: number;
  /** By the counters of the workspace's keys; `null` where there are none. */
  readonly spent: number | null;
}

/** The package's calls to OpenRouter of the last minute, attempt by attempt. */
export interface Traffic {
  readonly windowMs: number;
  readonly attempts: number;
  readonly errors: number;
  readonly retries: number;
  readonly p95Ms: number | null;
  /** How often the guard of `/api/completions` looked at the balance, and how many attempts that took in all. */
  readonly guardChecks: number;
  readonly balanceAttempts: number;
  /** One for each of the window's last seconds, oldest first. */
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
  /** A completion now and then, so that there is something to see. */
  readonly isBusy: boolean;
}

/**
 * What `POST` takes, by path. Each is answered with 204 but where an answer is named. On a real account, which is only
 * looked at, there is `/api/balance/refresh` alone; the others are 404.
 */
export interface Commands {
  /** Reads the balance past the cache. */
  '/api/balance/refresh': Record<string, never>;
  /** Answered with 201 and {@link Charge}, or with the API's refusal. */
  '/api/charges': { readonly amount: number };
  /** A completion behind `@RequireCredits`: 200 and {@link Completion}, or a 402 that says what is short. */
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
  /** Where to pay, if the server has a payment page. */
  readonly hostedUrl: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
}

/** The body of every answer of 400 and above. */
export interface Refusal {
  readonly statusCode: number;
  readonly message: string;
  /** With a 410 of `/api/charges`: where credits are bought instead. */
  readonly purchaseUrl?: string;
}
