import { randomBytes, randomUUID } from 'node:crypto';
import type { ResolvedSandboxOptions, SandboxCredits } from './sandbox-options.js';
import { toUnits, toUsd } from './sandbox-usd.js';

type Period = 'daily' | 'weekly' | 'monthly';

/** What the inference key has used so far, in USD. */
export interface SandboxKeyUsage extends Readonly<Record<Period, number>> {
  readonly total: number;
  /** `null` when the key has no limit; below zero once the key was overdrawn. */
  readonly limitRemaining: number | null;
}

/** The account's state, and the only two things that change it. */
export interface SandboxAccount {
  readonly userId: string;
  readonly workspaceId: string;
  credits(): SandboxCredits;
  keyUsage(): SandboxKeyUsage;
  spend(usd: number): void;
  topUp(usd: number): void;
}

export function createAccount(options: ResolvedSandboxOptions): SandboxAccount {
  let bought = toUnits(options.credits.totalCredits);
  let used = toUnits(options.credits.totalUsage);
  // What the account used before belongs to keys of the past: a fresh key has its whole limit left.
  let usedByKey = 0n;
  const windows: Record<Period, { start: number; used: bigint }> = {
    daily: { start: NaN, used: 0n },
    weekly: { start: NaN, used: 0n },
    monthly: { start: NaN, used: 0n },
  };
  const usedIn = (period: Period): bigint =>
    windows[period].start === startOf(period, new Date()) ? windows[period].used : 0n;

  return {
    userId: `user_${randomBytes(14).toString('hex').slice(1)}`,
    workspaceId: randomUUID(),
    credits: () => ({ totalCredits: toUsd(bought), totalUsage: toUsd(used) }),
    keyUsage: () => {
      const { keyLimit, keyLimitReset } = options;
      const counted = keyLimitReset === null ? usedByKey : usedIn(keyLimitReset);
      return {
        total: toUsd(usedByKey),
        daily: toUsd(usedIn('daily')),
        weekly: toUsd(usedIn('weekly')),
        monthly: toUsd(usedIn('monthly')),
        limitRemaining: keyLimit === null ? null : toUsd(toUnits(keyLimit) - counted),
      };
    },
    spend: (usd) => {
      const units = toUnits(usd);
      used += units;
      usedByKey += units;
      for (const period of ['daily', 'weekly', 'monthly'] as const) {
        windows[period] = { start: startOf(period, new Date()), used: usedIn(period) + units };
      }
    },
    topUp: (usd) => {
      bought += toUnits(usd);
    },
  };
}

function startOf(period: Period, now: Date): number {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (period === 'monthly') return Date.UTC(year, month, 1);
  // Weeks run from Monday, while getUTCDay() counts from Sunday.
  return Date.UTC(year, month, period === 'daily' ? day : day - ((now.getUTCDay() + 6) % 7));
}
