import type { BalanceSnapshot } from './balance.models.js';
import type { BalanceService } from './balance.service.js';

/**
 * The balance for somebody who cannot wait for long: where a new reading takes longer, what is at hand; `undefined` if
 * that is nothing. The reading goes on, and serves whoever comes next.
 *
 * @throws What `BalanceService.get` throws.
 */
export async function promptReading(
  balance: BalanceService,
  withinMs: number,
): Promise<BalanceSnapshot | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, withinMs, undefined);
  });
  try {
    return (await Promise.race([balance.get(), late])) ?? balance.peek();
  } finally {
    clearTimeout(timer);
  }
}
