import { describe, expect, it } from '@jest/globals';
import { DEFAULT_HEALTH_TIMEOUT_MS } from '../../lib/health/openrouter-health.indicator.js';
import type { OpenRouterHealthOptions } from '../../lib/health/index.js';
import { textOf } from './documents.js';
import { defaultsOf } from './tables.js';

/** Every option, by the compiler's word; one without a default has a dash. */
const HEALTH: Readonly<Record<keyof OpenRouterHealthOptions, string>> = {
  account: 'that of the module',
  minimumSpendable: '–',
  timeoutMs: String(DEFAULT_HEALTH_TIMEOUT_MS),
};

describe('the guide of observability', () => {
  it('has every option of a health check, with its default', () => {
    expect(defaultsOf(textOf('docs/observability.md'), 'health')).toEqual(HEALTH);
  });
});
