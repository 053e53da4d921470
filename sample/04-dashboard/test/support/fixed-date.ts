import { jest } from '@jest/globals';

/** Stops the date, and nothing else: timers, sockets and programs go on. `jest.useRealTimers()` ends it. */
export function fixDate(now: string): void {
  jest.useFakeTimers({
    now: Date.parse(now),
    doNotFake: [
      ...(['hrtime', 'performance', 'nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
      ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
    ],
  });
}
