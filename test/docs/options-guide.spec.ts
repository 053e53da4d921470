import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_BALANCE,
  DEFAULT_BASE_URL,
  DEFAULT_DEADLINE_MS,
  DEFAULT_MAX_RESPONSE_BYTES,
  DEFAULT_METERING,
  DEFAULT_RETRY,
  DEFAULT_SPEND_LIMITS,
  DEFAULT_TIMEOUT_MS,
} from '../../lib/options/option-defaults.js';
import type { OpenRouterModuleOptions } from '../../lib/options/openrouter-options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { textOf } from './documents.js';
import { defaultsOf } from './tables.js';

const GUIDE = textOf('docs/options.md');

/** Names and defaults as a table of the guide tells them; no default is a dash. */
const told = (table: string): Record<string, string> => defaultsOf(GUIDE, table);

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', ');
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));
}

/** Every option, by the compiler's word; those without a default have a dash. */
const MODULE: Readonly<Record<keyof OpenRouterModuleOptions, unknown>> = {
  apiKey: '–',
  managementKey: '–',
  baseUrl: DEFAULT_BASE_URL,
  allowInsecureBaseUrl: false,
  httpReferer: '–',
  appTitle: '–',
  appCategories: '–',
  headers: {},
  timeoutMs: DEFAULT_TIMEOUT_MS,
  deadlineMs: DEFAULT_DEADLINE_MS,
  retry: '[below](#retry)',
  maxResponseBytes: DEFAULT_MAX_RESPONSE_BYTES,
  axios: '–',
  verifyKeysOnBootstrap: false,
  balance: '[below](#balance)',
  metering: '[below](#metering)',
  spendLimits: '[below](#spendlimits)',
  instrumentation: '–',
};

describe('the guide of the options', () => {
  it('has every option of an account, with its default', () => {
    expect(told('options')).toEqual(texts(MODULE));
    const { allowInsecureBaseUrl, headers, verifyKeysOnBootstrap } = resolveOptions(
      'sk-or-v1-test',
      'test',
    ).options;
    expect(MODULE).toMatchObject({ allowInsecureBaseUrl, headers, verifyKeysOnBootstrap });
  });

  it('has every member of `retry`, with its default', () => {
    expect(told('retry')).toEqual(texts(DEFAULT_RETRY));
  });

  it('has every member of `balance`, with its default', () => {
    const { thresholds, ...others } = DEFAULT_BALANCE;
    expect(told('balance')).toEqual({
      ...texts(others),
      'thresholds.low': '–',
      'thresholds.critical': '–',
      'thresholds.hysteresis': String(thresholds.hysteresis),
      store: 'in memory',
    });
  });

  it('has every member of `metering`, with its default', () => {
    expect(told('metering')).toEqual({ fetch: 'the global one', ...texts({ ...DEFAULT_METERING }) });
  });

  it('has every member of `spendLimits`, with its default', () => {
    expect(told('spendLimits')).toEqual({
      rules: '–',
      store: 'in memory',
      ...texts({ ...DEFAULT_SPEND_LIMITS }),
    });
  });

  it('has every member of a rule of spend limits, with its default', () => {
    expect(told('rule')).toEqual({
      by: '–',
      usd: '–',
      period: '–',
      name: 'what it counts',
      timeZone: 'UTC',
      warnAt: '[]',
    });
  });
});

describe('the freshness of a balance', () => {
  const minutes = (ms: number): string => (ms === 60_000 ? '1 minute' : `${ms / 60_000} minutes`);

  it.each(['README.md', 'docs/balance.md'])('is told by its defaults: %s', (document) => {
    const text = textOf(document);
    expect(text).toContain(`\`ttlMs\` (${minutes(DEFAULT_BALANCE.ttlMs)}, ± 10 %)`);
    expect(text).toContain(`\`staleWhileRevalidateMs\` (${minutes(DEFAULT_BALANCE.staleWhileRevalidateMs)})`);
    expect(text).toContain(`\`staleIfErrorMs\` (${DEFAULT_BALANCE.staleIfErrorMs / 3_600_000} hour)`);
  });
});
