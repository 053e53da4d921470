import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { type Leave, Semaphore } from '../../lib/transport/semaphore.js';

/** A semaphore whose entrants are known by name, and the order in which they were admitted. */
function room(places: number) {
  const semaphore = new Semaphore(places);
  const admitted: string[] = [];
  const leaves = new Map<string, Leave>();
  return {
    admitted,
    act: (step: string) => {
      const [what = '', name = ''] = step.split(' ');
      if (what === 'enter')
        leaves.set(
          name,
          semaphore.enter(() => admitted.push(name)),
        );
      else leaves.get(name)?.();
    },
  };
}

describe('a semaphore', () => {
  it.each<[string, number, string[], string[]]>([
    ['admits at once while there is a place', 2, ['enter a', 'enter b'], ['a', 'b']],
    ['lets the next one wait', 1, ['enter a', 'enter b'], ['a']],
    [
      'admits in the order of arrival',
      1,
      ['enter a', 'enter b', 'enter c', 'leave a', 'leave b'],
      ['a', 'b', 'c'],
    ],
    ['hands a place on once', 1, ['enter a', 'enter b', 'enter c', 'leave a', 'leave a'], ['a', 'b']],
    ['forgets who left the queue', 1, ['enter a', 'enter b', 'enter c', 'leave b', 'leave a'], ['a', 'c']],
    ['gains no place by that', 1, ['enter a', 'enter b', 'leave b', 'enter c'], ['a']],
    ['keeps a place that nobody waits for', 1, ['enter a', 'leave a', 'enter b', 'enter c'], ['a', 'b']],
    [
      'never has more places than it began with',
      1,
      ['enter a', 'leave a', 'leave a', 'enter b', 'enter c'],
      ['a', 'b'],
    ],
  ])('%s', (_name, places, steps, expected) => {
    const { act, admitted } = room(places);
    steps.forEach(act);
    expect(admitted).toEqual(expected);
  });

  it('gives the place back to whoever is admitted, even before it has returned', () => {
    const semaphore = new Semaphore(1);
    const admitted: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      semaphore.enter((leave) => {
        admitted.push(index);
        leave();
      });
    }
    expect(admitted).toEqual([0, 1, 2]);
  });

  it('admits in the async context of whoever waits, not of whoever leaves', () => {
    const storage = new AsyncLocalStorage<string>();
    const semaphore = new Semaphore(1);
    const seen: unknown[] = [];
    const leave = semaphore.enter(() => undefined);
    storage.run('waiting', () => semaphore.enter(() => seen.push(storage.getStore())));
    storage.run('leaving', leave);
    expect(seen).toEqual(['waiting']);
  });
});
