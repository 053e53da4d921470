import type { Account } from '../account/account.js';
import { SYSTEM_CLOCK } from '../async/clock.js';
import type { BalanceService } from '../balance/balance.service.js';
import { formatUsd } from '../money/usd.js';
import type { OpenSpendLimits } from '../spend-limits/open-spend-limits.js';
import { Repeater } from '../spend-limits/watch/repeater.js';
import { logWarning } from '../untrusted/log-warning.js';
import { UnmeteredSpend } from './completion/unmetered-spend.js';

/** OpenRouter's figures may be a minute old, so that looking more often shows nothing new. */
const LOOK_PERIOD_MS = 60_000;

/** Looks for spend without a reservation, as far as the balance that is in memory shows it. */
export function watchUnmetered(
  account: Pick<Account, 'onAttach' | 'onClose'>,
  limits: OpenSpendLimits,
  balance: Pick<BalanceService, 'peek'>,
): void {
  const unmetered = new UnmeteredSpend({
    peek: () => balance.peek(),
    booked: () => limits.booked(),
    wallNow: () => SYSTEM_CLOCK.wallNow(),
    onFound: (grownUsd, bookedUsd) =>
      logWarning(
        `spendLimits: the account's usage has grown by ${formatUsd(grownUsd)}, but only ${formatUsd(bookedUsd)} was ` +
          'reserved and booked. Something spends its money without a reservation, so that no limit holds for it: a ' +
          'client of this application that does not use `metering.fetch`, or another application. This is logged once.',
      ),
  });
  const looks = new Repeater(() => unmetered.look(), LOOK_PERIOD_MS);
  account.onAttach(() => looks.start());
  account.onClose(() => looks.end());
}
