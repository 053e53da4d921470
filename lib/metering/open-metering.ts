import type { Account } from '../account/account.js';
import type { ActivityService } from '../activity/activity.service.js';
import { SYSTEM_CLOCK } from '../async/clock.js';
import type { BalanceService } from '../balance/balance.service.js';
import type { GenerationsService } from '../generations/generations.service.js';
import { openSpendLimitsOf, type SpendLimitsService } from '../spend-limits/spend-limits.service.js';
import { logWarning } from '../untrusted/log-warning.js';
import { Completions } from './completion/completions.js';
import { MeteringLedger } from './ledger/metering-ledger.js';
import { MissedNames } from './ledger/missed-names.js';
import { ambientHoldUsd, ambientScope } from './scope/ambient-scope.js';
import { watchUnmetered } from './watch-unmetered.js';
import { type Attribution, openMeteredFetch } from './wrapper/metered-fetch.js';
import { markMetered, unmetered } from './wrapper/unmetered-fetch.js';

/** The services of an account that its meter uses. */
export interface MeteredServices {
  readonly activity: ActivityService;
  readonly spendLimits: SpendLimitsService;
  readonly generations: GenerationsService;
  readonly balance: BalanceService;
  /** Whether a key is one of another account of the application, by its hash. */
  readonly isOfOtherAccount?: ((keyHash: string) => boolean) | undefined;
}

/** The meter of an account. */
export interface OpenMetering {
  readonly completions: Completions;
  readonly ledger: MeteringLedger;
  /** The most that is held for a completion; `undefined` without spend limits. */
  readonly maxHoldUsd: number | undefined;
  /** Makes a metered `fetch`, for the attribution in force or for a fixed one. */
  readonly fetchFor: (bound?: Attribution) => typeof globalThis.fetch;
}

/** Opens the meter of an account. */
export function openMetering(account: Account, services: MeteredServices): OpenMetering {
  const { options, innerFetch } = account;
  const limits = openSpendLimitsOf(services.spendLimits);
  const completions = new Completions({ account, ...services, limits, options: options.metering });
  if (limits !== undefined) {
    watchUnmetered(account, limits, services.balance);
  }
  const ledger = new MeteringLedger({
    reader: limits?.ledger,
    activity: services.activity,
    byok: options.metering.byok,
    clock: SYSTEM_CLOCK,
    missedNames: new MissedNames({
      known: limits?.rules.names ?? [],
      onMissed: (name, use) =>
        logWarning(
          `metering: what is asked of the ledger is ${use} by '${name}', but no completion of its range has that name in its ` +
            'scope. It may be misspelt. This is logged once for each name.',
        ),
    }),
  });
  const metered = options.spendLimits === undefined ? 'metered' : 'metered or limited';
  const below = (): typeof globalThis.fetch => unmetered(innerFetch ?? globalThis.fetch);
  const fetchFor = openMeteredFetch({
    innerFetch: below,
    baseUrl: options.baseUrl,
    byok: options.metering.byok,
    desk: completions,
    ambient: () => ({ scope: ambientScope(), holdUsd: ambientHoldUsd() }),
    onForeign: (origin) =>
      logWarning(
        `metering: a request to ${origin} is not ${metered}, because \`baseUrl\` is ${options.baseUrl}. This is logged once.`,
      ),
  });
  return {
    completions,
    ledger,
    maxHoldUsd: options.spendLimits?.maxHoldUsd,
    fetchFor: (bound) => markMetered(fetchFor(bound), below()),
  };
}
