import { isOpenRouterHost } from '../errors/openrouter-host.js';
import { logWarning } from '../untrusted/log-warning.js';
import { SETTLED_AFTER_MS } from './reading/freshness.js';

/** Logs that the shared store has stopped answering, or answers again: no call fails without it. */
export function warnOfStore(isUp: boolean): void {
  logWarning(
    isUp
      ? '`balance.store` answers again.'
      : '`balance.store` does not answer. Until it does, this process makes readings of its own, keeps what it has ' +
          'seen of the spend of others but sees no more of it, and tells alerts whether or not others do.',
  );
}

/** Logs that the management key is refused. Callers get the refusal too, but few of them know whose key it is. */
export function warnOfUnknownBalance(refusal: unknown): void {
  logWarning(
    `The balance of the account is not known: OpenRouter refuses \`managementKey\` (${String(refusal)}). ` +
      'It is asked again within a minute, or after `balance.invalidate()`.',
  );
}

/** Logs that polls come more often than OpenRouter's figures change. */
export function warnOfUselessPolls(pollIntervalMs: number, baseUrl: string): void {
  if (pollIntervalMs < SETTLED_AFTER_MS && isOpenRouterHost(new URL(baseUrl).hostname)) {
    logWarning(
      `\`balance.pollIntervalMs\` is ${pollIntervalMs} ms. OpenRouter's figures may be ${SETTLED_AFTER_MS} ms old, so ` +
        'that asking more often than once in that time gets the same answer again. Use `recordSpend` to follow what ' +
        'the application spends in between.',
    );
  }
}
