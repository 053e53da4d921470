import type { SpendStore } from '../../contracts/spend-store.js';
import type { ResolvedSpendLimitsOptions } from '../../options/spend-limits-options.js';

/**
 * Says what is wrong with the rules and the store that an application has set.
 *
 * @param store - `undefined` for the memory of this process.
 */
export async function checkSetUp(
  store: SpendStore | undefined,
  { rules, holdUsd }: Pick<ResolvedSpendLimitsOptions, 'rules' | 'holdUsd'>,
  warn: (sentence: string) => void,
): Promise<void> {
  for (const { name, usd } of rules) {
    if (typeof usd === 'number' && usd > 0 && typeof holdUsd === 'number' && usd < holdUsd) {
      warn(
        `the rule '${name}' allows $${usd}, and $${holdUsd} are held for a completion of which nothing was learned, so that ` +
          'none of them fits. Lower `spendLimits.holdUsd`, or raise the limit.',
      );
    }
  }
  if (store === undefined && process.env['NODE_ENV'] === 'production') {
    warn(
      'what is spent is kept in the memory of this process, so each process has its own limits, which begin anew when ' +
        'it restarts. Set `spendLimits.store` to share them.',
    );
  }
  try {
    for (const fault of (await store?.check?.()) ?? []) {
      warn(fault);
    }
  } catch {
    // A store that does not answer is told of where it is needed.
  }
}
