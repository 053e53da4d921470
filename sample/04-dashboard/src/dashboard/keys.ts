import type { ApiKey } from 'nestjs-openrouter';
import type { Key } from '../../shared/dashboard.js';
import { sumUsd } from './usd.js';

/** The keys, ordered by the spend of this month. Without hash and label, which the page does not need. */
export function keysOf(keys: readonly ApiKey[]): Key[] {
  const spent = sumUsd(keys.map(({ usageMonthly }) => usageMonthly));
  return [...keys]
    .sort((one, other) => other.usageMonthly - one.usageMonthly)
    .map((key) => ({
      name: nameOf(key),
      disabled: key.disabled ?? false,
      limit: key.limit,
      limitRemaining: key.limitRemaining,
      limitReset: key.limitReset ?? null,
      usage: key.usage,
      usageMonthly: key.usageMonthly,
      share: spent > 0 ? key.usageMonthly / spent : null,
      expiresAt: key.expiresAt?.getTime() ?? null,
    }));
}

/** The name of a key, unless it contains the key or its masked form. */
function nameOf({ name = '', label = '' }: ApiKey): string {
  const masked = label.replace(/^sk-or-(v\d+-)?/i, '');
  const revealsKey = /sk-or-/i.test(name) || (masked !== '' && name.includes(masked));
  return name.trim() === '' || revealsKey ? 'Unnamed key' : name;
}
