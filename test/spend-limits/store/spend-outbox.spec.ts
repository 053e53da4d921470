import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { InMemorySpendStore } from '../../../lib/spend-limits/in-memory-spend-store.js';
import { BoundedSpendStore } from '../../../lib/spend-limits/store/bounded-spend-store.js';
import { SpendOutbox } from '../../../lib/spend-limits/store/spend-outbox.js';

afterEach(() => {
  jest.useRealTimers();
});

function opened(maxWaiting?: number) {
  jest.useFakeTimers();
  const health: boolean[] = [];
  const overflows: number[] = [];
  const bounded = new BoundedSpendStore(new InMemorySpendStore(), 'ab', (isUp) => health.push(isUp));
  const outbox = new SpendOutbox(bounded, (max) => overflows.push(max), maxWaiting);
  const state = { isDown: true };
  const arrived: string[] = [];
  const call = (name: string) => (): Promise<void> => {
    if (state.isDown) return Promise.reject(new Error('away'));
    arrived.push(name);
    return Promise.resolve();
  };
  return { outbox, bounded, state, arrived, call, health, overflows };
}

describe('calls that must reach the store', () => {
  it('are made at once where it answers', async () => {
    const { outbox, state, arrived, call } = opened();
    state.isDown = false;
    await outbox.send(call('a'));
    expect(arrived).toEqual(['a']);
    expect(outbox.size).toBe(0);
  });

  it('are repeated in their order, with growing pauses, until it answers', async () => {
    const { outbox, state, arrived, call, health } = opened();
    await outbox.send(call('a'));
    await outbox.send(call('b'));
    expect(outbox.size).toBe(2);
    await jest.advanceTimersByTimeAsync(1_000);
    state.isDown = false;
    await jest.advanceTimersByTimeAsync(1_999);
    expect(arrived).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(arrived).toEqual(['a', 'b']);
    expect(outbox.size).toBe(0);
    expect(health).toEqual([false, true]);
  });

  it('are repeated after the first pause again, once the store has taken one of them', async () => {
    const { outbox, state, arrived, call } = opened();
    const fragile = async (): Promise<void> => {
      await call('a')();
      // One answer is lost after this one.
      state.isDown = true;
    };
    await outbox.send(fragile);
    await outbox.send(call('b'));
    await jest.advanceTimersByTimeAsync(1_000 + 2_000);
    state.isDown = false;
    await jest.advanceTimersByTimeAsync(4_000);
    expect(arrived).toEqual(['a']);
    state.isDown = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(arrived).toEqual(['a', 'b']);
  });

  it('are not held up by one that the store never takes', async () => {
    const { outbox, state, arrived, call } = opened();
    await outbox.send(() => Promise.reject(new Error('never')));
    await outbox.send(call('a'));
    await outbox.send(call('b'));
    state.isDown = false;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(arrived).toEqual(['a', 'b']);
    expect(outbox.size).toBe(1);
  });

  it('are not held up by many that the store never takes', async () => {
    const { outbox, state, arrived, call } = opened();
    for (let count = 0; count < 10; count += 1) await outbox.send(() => Promise.reject(new Error('never')));
    await outbox.send(call('a'));
    await outbox.send(call('b'));
    state.isDown = false;
    await jest.advanceTimersByTimeAsync(120_000);
    expect(arrived).toEqual(['a', 'b']);
    expect(outbox.size).toBe(10);
  });

  it('are dropped, the oldest first, where there is no room', async () => {
    const { outbox, state, arrived, call, overflows } = opened(2);
    for (const name of ['a', 'b', 'c', 'd']) await outbox.send(call(name));
    state.isDown = false;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(arrived).toEqual(['c', 'd']);
    expect(overflows).toEqual([2]);
  });

  it('are made once more at the end, and not again', async () => {
    const { outbox, state, arrived, call } = opened();
    await outbox.send(call('a'));
    state.isDown = false;
    await outbox.close();
    expect(arrived).toEqual(['a']);
    state.isDown = true;
    await outbox.send(call('b'));
    expect(outbox.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a store behind bounds', () => {
  it('is not waited for longer than a quarter of a second', async () => {
    const { bounded, health } = opened();
    const answer = bounded.ask(() => new Promise(() => undefined));
    await jest.advanceTimersByTimeAsync(251);
    expect(await answer).toBeUndefined();
    expect(bounded.isUp).toBe(false);
    expect(health).toEqual([false]);
  });
});
