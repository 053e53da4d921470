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
  const givenUp: number[] = [];
  const bounded = new BoundedSpendStore(new InMemorySpendStore(), 'ab', (isUp) => health.push(isUp));
  const outbox = new SpendOutbox({
    store: bounded,
    onOverflow: (max) => overflows.push(max),
    onGivenUp: (calls) => givenUp.push(calls),
    ...(maxWaiting !== undefined && { maxWaiting }),
  });
  const state = { isDown: true };
  const arrived: string[] = [];
  const call = (name: string) => (): Promise<void> => {
    if (state.isDown) return Promise.reject(new Error('away'));
    arrived.push(name);
    return Promise.resolve();
  };
  return { outbox, bounded, state, arrived, call, health, overflows, givenUp };
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

  it('are sent soon once the store answers anything again, however long the pauses have grown', async () => {
    const { outbox, state, arrived, call } = opened();
    await outbox.send(call('a'));
    await jest.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000);
    // The next time would be in 8 seconds.
    state.isDown = false;
    outbox.wake();
    await jest.advanceTimersByTimeAsync(999);
    // Not put off by this.
    outbox.wake();
    expect(arrived).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(arrived).toEqual(['a']);
    expect(outbox.size).toBe(0);
    outbox.wake();
    expect(jest.getTimerCount()).toBe(0);
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
    const { outbox, state, arrived, call, givenUp } = opened();
    await outbox.send(call('a'));
    state.isDown = false;
    await outbox.close();
    expect(arrived).toEqual(['a']);
    expect(givenUp).toEqual([]);
    state.isDown = true;
    await outbox.send(call('b'));
    expect(outbox.size).toBe(0);
    expect(givenUp).toEqual([1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are not too many at once at the end, so that a slow store can take them all', async () => {
    const { outbox, state, givenUp } = opened();
    const [calls, perCallMs] = [400, 10];
    let [underWay, most, taken] = [0, 0, 0];
    // As a database with a pool: one after the other.
    let last = Promise.resolve();
    const call = (): Promise<void> => {
      if (state.isDown) return Promise.reject(new Error('away'));
      most = Math.max(most, (underWay += 1));
      last = last.then(async () => {
        await new Promise((resolve) => setTimeout(resolve, perCallMs));
        underWay -= 1;
        taken += 1;
      });
      return last;
    };
    for (let count = 0; count < calls; count += 1) await outbox.send(call);
    state.isDown = false;
    const closing = outbox.close();
    await jest.advanceTimersByTimeAsync(calls * perCallMs);
    await closing;
    expect({ taken, givenUp, most }).toEqual({ taken: calls, givenUp: [], most: 16 });
  });

  it.each<[string, number, (call: number) => Promise<unknown>, number, number]>([
    ['it is away', 100, () => Promise.reject(new Error('away')), 0, 100],
    ['it hangs', 100, () => new Promise(() => undefined), 502, 100],
    // Twenty rounds of sixteen calls, and the one that was under way.
    ['it is too slow', 400, () => new Promise((resolve) => setTimeout(resolve, 245)), 5_200, 400 - 21 * 16],
    [
      'it takes one and refuses the next',
      40,
      (call) => (call % 2 === 0 ? Promise.resolve() : Promise.reject(new Error())),
      0,
      20,
    ],
  ])('are given up at the end if %s, and that is told', async (_why, calls, answer, takesMs, lost) => {
    const { outbox, state, givenUp } = opened();
    for (let number = 0; number < calls; number += 1) {
      await outbox.send(() => (state.isDown ? Promise.reject(new Error('away')) : answer(number)));
    }
    state.isDown = false;
    let isClosed = false;
    const closing = outbox.close().then(() => (isClosed = true));
    await jest.advanceTimersByTimeAsync(takesMs);
    await closing;
    expect(isClosed).toBe(true);
    expect(givenUp).toEqual([lost]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('are sent once more at the end if their answer was still awaited', async () => {
    const { outbox, givenUp } = opened();
    let asked = 0;
    const sending = outbox.send(() =>
      (asked += 1) === 1 ? new Promise(() => undefined) : Promise.resolve(),
    );
    const closing = outbox.close();
    await jest.advanceTimersByTimeAsync(251);
    await Promise.all([sending, closing]);
    expect({ asked, givenUp }).toEqual({ asked: 2, givenUp: [] });
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
