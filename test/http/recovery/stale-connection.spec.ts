import { describe, expect, it } from '@jest/globals';
import { OpenRouterConnectionException } from '../../../lib/errors/index.js';
import { StaleConnection } from '../../../lib/http/recovery/stale-connection.js';

const exception = new OpenRouterConnectionException({
  message: 'lost',
  delivery: 'unknown',
  phase: 'headers',
});
const stale = { exception, transient: true, stale: true };
const fresh = { exception, transient: true, stale: false };
const unknown = { exception, transient: true };

const again = { delayMs: 0, connection: 'isolated' };

describe('the recovery from a stale connection', () => {
  it.each([
    ['is a connection of its own, at once', [stale], [again]],
    ['helps once in a call', [stale, stale], [again, undefined]],
    ['does nothing after a loss on a fresh connection', [fresh, unknown], [undefined, undefined]],
    ['is there for a later loss', [fresh, stale], [undefined, again]],
  ])('%s', (_title, failures, expected) => {
    const recovery = new StaleConnection();
    expect(failures.map((failure) => recovery.after(failure))).toEqual(expected);
  });
});
