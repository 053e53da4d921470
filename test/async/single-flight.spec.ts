import { describe, expect, it } from '@jest/globals';
import { SingleFlight } from '../../lib/async/single-flight.js';

interface Work {
  readonly flight: SingleFlight<string>;
  readonly signal: AbortSignal;
  readonly resolve: (value: string) => void;
  readonly reject: (error: Error) => void;
}

function workInProgress(): Work {
  const parts = {} as {
    signal: AbortSignal;
    resolve: (value: string) => void;
    reject: (error: Error) => void;
  };
  const flight = new SingleFlight<string>((signal) => {
    parts.signal = signal;
    return new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  });
  return { flight, ...parts };
}

const aborted = (): Error => new Error('aborted');

describe('SingleFlight', () => {
  it('gives every waiter the one result', async () => {
    const { flight, resolve } = workInProgress();
    const waiting = [
      flight.join(undefined, aborted),
      flight.join(new AbortController().signal, aborted),
      flight.outcome,
    ];
    resolve('done');
    await expect(Promise.all(waiting)).resolves.toEqual(['done', 'done', 'done']);
  });

  it('ends the wait of one waiter alone', async () => {
    const { flight, signal, resolve } = workInProgress();
    const [leaving, staying] = [new AbortController(), new AbortController()];
    const left = flight.join(leaving.signal, aborted);
    const stayed = flight.join(staying.signal, aborted);
    leaving.abort();
    await expect(left).rejects.toThrow('aborted');
    expect([signal.aborted, flight.isAborted]).toEqual([false, false]);
    resolve('done');
    await expect(stayed).resolves.toBe('done');
  });

  it('aborts the work when the last waiter leaves', async () => {
    const { flight, signal } = workInProgress();
    const leave = flight.hold();
    const controller = new AbortController();
    const waiting = flight.join(controller.signal, aborted);
    leave();
    leave();
    expect(signal.aborted).toBe(false);
    controller.abort();
    await expect(waiting).rejects.toThrow('aborted');
    expect([signal.aborted, flight.isAborted]).toEqual([true, true]);
  });

  it('goes on for a waiter without a signal', async () => {
    const { flight, signal, resolve } = workInProgress();
    const waiting = flight.join(undefined, aborted);
    flight.hold()();
    expect(signal.aborted).toBe(false);
    resolve('done');
    await expect(waiting).resolves.toBe('done');
  });

  it('is not aborted once it is settled', async () => {
    const { flight, signal, resolve } = workInProgress();
    const leave = flight.hold();
    resolve('done');
    await flight.outcome;
    leave();
    expect(signal.aborted).toBe(false);
  });

  it('refuses a waiter whose signal is aborted already, and does not count it', async () => {
    const { flight, signal } = workInProgress();
    const leave = flight.hold();
    await expect(flight.join(AbortSignal.abort(), aborted)).rejects.toThrow('aborted');
    leave();
    expect(signal.aborted).toBe(true);
  });

  it('rejects every waiter with the failure, and nothing where nobody waits', async () => {
    const { flight, reject } = workInProgress();
    const waiting = flight.join(new AbortController().signal, aborted);
    reject(new Error('failed'));
    await expect(waiting).rejects.toThrow('failed');
    workInProgress().reject(new Error('of interest to nobody'));
  });
});
