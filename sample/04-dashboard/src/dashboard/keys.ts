import type { ApiKey } from 'nestjs-openrouter';
import type { Key } from '../../shared/dashboard.js';
import { sumUsd } from './usd.js';

/** The keys, the one that spends most this month first. Neither hash nor label: the page has no use for them. */
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

/** Some keys are named by their text, or the masked one, or have it somewhere in their name. */
function nameOf({ name = '', label = '' }: ApiKey): string {
  const masked = label.replace(/^sk-or-(v\d+-)?/i, '');
  const tellsText = /sk-or-/i.test(name) || (masked !== '' && name.includes(masked));
  return name.trim() === '' || tellsText ? 'Unnamed key' : name;
}
