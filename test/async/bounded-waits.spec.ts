import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LATE, pause, within } from '../../lib/async/bounded-waits.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('within', () => {
  it('gives a result that comes in time, and leaves no timer behind', async () => {
    await expect(within(Promise.resolve('in time'), 100)).resolves.toBe('in time');
    await expect(within(Promise.reject(new Error('failed')), 100)).rejects.toThrow('failed');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends the wait at its bound', async () => {
    const waiting = within(new Promise<string>(() => undefined), 100);
    await jest.advanceTimersByTimeAsync(99);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    await expect(waiting).resolves.toBe(LATE);
  });

  it('still takes a result that arrives in the turn of the timer', async () => {
    let arrive = (_answer: string): void => undefined;
    const waiting = within(new Promise<string>((resolve) => (arrive = resolve)), 100, setImmediate);
    setTimeout(() => arrive('just in time'), 100);
    await jest.advanceTimersByTimeAsync(101);
    await expect(waiting).resolves.toBe('just in time');
  });
});

describe('pause', () => {
  it('lasts for its time', async () => {
    let isOver = false;
    const { signal } = new AbortController();
    void pause(100, signal).then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(99);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });

  it('ends with the signal, and leaves no timer behind', async () => {
    const controller = new AbortController();
    const paused = pause(100, controller.signal);
    controller.abort();
    await paused;
    expect(jest.getTimerCount()).toBe(0);
  });
});
