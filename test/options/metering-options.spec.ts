import { describe, expect, it } from '@jest/globals';
import { resolveOptions } from '../../lib/options/resolve-options.js';

const KEY = 'sk-or-v1-test';

const settingsOf = (metering: unknown): ReturnType<typeof resolveOptions> =>
  resolveOptions({ apiKey: KEY, metering }, 'Here');

describe('the options of the meter', () => {
  it('keeps the function apart from the options that are shown', () => {
    const settings = settingsOf({ fetch, byok: 'total', lookupDelaysMs: [0, 5] });
    expect(settings.innerFetch).toBe(fetch);
    expect(settings.options.metering).toEqual({
      byok: 'total',
      onUnattributed: 'allow',
      shutdownMs: 5_000,
      lookupDelaysMs: [0, 5],
    });
    expect(Object.isFrozen(settings.options.metering)).toBe(true);
  });

  it('keeps the delays that were checked', () => {
    const lookupDelaysMs = [5];
    const { options } = settingsOf({ lookupDelaysMs });
    lookupDelaysMs.push(-1);
    expect(options.metering.lookupDelaysMs).toEqual([5]);
  });

  it.each<[unknown, string]>([
    ['total', "`metering` must be an object, for example { byok: 'total' }; got 'total'"],
    [{ fetch: 'undici' }, "`metering.fetch` must be a function; got 'undici'"],
    [{ byok: 'all' }, "`metering.byok` must be 'fee' or 'total'; got 'all'"],
    [{ onUnattributed: true }, "`metering.onUnattributed` must be 'allow' or 'refuse'; got true"],
    [
      { shutdownMs: -1 },
      '`metering.shutdownMs` must be a number of milliseconds from 0 to 2147483647; got -1',
    ],
    [{ lookupDelayMs: [1] }, '`metering.lookupDelayMs` is not known; did you mean `lookupDelaysMs`?'],
    [{ lookupDelaysMs: [] }, '`metering.lookupDelaysMs` must be a list of 1 to 20 numbers of milliseconds'],
    [{ lookupDelaysMs: [1, '2'] }, '`metering.lookupDelaysMs` must be a list of 1 to 20 numbers'],
    [
      { lookupDelaysMs: [5, 5] },
      '`metering.lookupDelaysMs` must be a list of 1 to 20 numbers of milliseconds, ascending',
    ],
    [{ lookupDelaysMs: 1_000 }, '`metering.lookupDelaysMs` must be a list of 1 to 20 numbers'],
    [{ lookupDelaysMs: Array(21).fill(1) }, '`metering.lookupDelaysMs` must be a list of 1 to 20 numbers'],
  ])('refuses %j', (metering, message) => {
    expect(() => settingsOf(metering)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });
});
