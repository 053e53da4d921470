import { expect, it } from '@jest/globals';
import { Repeater } from '../../../lib/spend-limits/watch/repeater.js';

it.each<[string, () => Promise<void>]>([
  ['rejects', () => Promise.reject(new Error('away'))],
  [
    'throws',
    () => {
      throw new Error('away');
    },
  ],
])('Work is repeated although it %s', async (_how, fail) => {
  let count = 0;
  await new Promise<void>((resolve) => {
    const repeater = new Repeater(() => {
      count += 1;
      if (count === 3) {
        repeater.end();
        resolve();
      }
      return fail();
    }, 1);
    repeater.start();
  });
  expect(count).toBe(3);
});
