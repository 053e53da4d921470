import { describe, expect, it } from '@jest/globals';
import { nextHealth, type StoreCallKind, UNKNOWN_HEALTH } from '../../../lib/balance/store/store-health.js';

/** A call that has succeeded or failed, and the second in which it has. */
type Call = readonly [kind: StoreCallKind, isDone: boolean, second: number];

function healthAfter(calls: readonly Call[]): (boolean | undefined)[] {
  let health = UNKNOWN_HEALTH;
  return calls.map(([kind, isDone, second]) => {
    health = nextHealth(health, { kind, isDone, at: second * 1_000 });
    return health.isUp;
  });
}

describe('a shared store', () => {
  it.each<[string, readonly Call[], boolean[]]>([
    ['is up once it has answered', [['read', true, 0]], [true]],
    ['is down once it has not', [['read', false, 0]], [false]],
    [
      'is up again when it does what it has failed at',
      [
        ['read', true, 0],
        ['read', false, 1],
        ['read', false, 2],
        ['read', true, 3],
      ],
      [true, false, false, true],
    ],
    [
      'is not up while it answers questions and takes nothing',
      [
        ['write', false, 0],
        ['read', true, 1],
        ['read', true, 59],
        ['write', false, 59.5],
        ['read', true, 60],
        ['write', true, 61],
      ],
      [false, false, false, false, false, true],
    ],
    [
      'is up when it has failed at nothing for a minute, also where the same is not asked of it again',
      [
        ['write', false, 0],
        ['read', true, 59],
        ['read', true, 60],
      ],
      [false, false, true],
    ],
    [
      'is up when it does both again',
      [
        ['read', false, 0],
        ['write', false, 1],
        ['write', true, 2],
        ['read', true, 3],
      ],
      [false, false, false, true],
    ],
  ])('%s', (_title, calls, expected) => {
    expect(healthAfter(calls)).toEqual(expected);
  });

  it('is neither before it was asked', () => {
    expect(UNKNOWN_HEALTH.isUp).toBeUndefined();
  });
});
