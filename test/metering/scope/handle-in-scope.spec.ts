import { describe, expect, it } from '@jest/globals';
import {
  defer,
  finalize,
  firstValueFrom,
  interval,
  lastValueFrom,
  map,
  Observable,
  of,
  retry,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { runInScope } from '../../../lib/metering/scope/ambient-scope.js';
import { handleInScope } from '../../../lib/metering/scope/handle-in-scope.js';
import { scopeHere, scopeLater } from './support.js';

const SCOPE = { tenant: 'acme' };

const handled = (handle: () => Observable<unknown>): Observable<unknown> => handleInScope(SCOPE, { handle });

describe('a handler in a scope', () => {
  it('is called in it, and leaves none behind', async () => {
    expect(await lastValueFrom(handled(() => of(scopeHere())))).toEqual(SCOPE);
    expect(scopeHere()).toBeNull();
  });

  it('is subscribed in it, each time', async () => {
    const values = handled(() => defer(() => scopeLater()));
    expect(await lastValueFrom(values)).toEqual(SCOPE);
    expect(await lastValueFrom(values)).toEqual(SCOPE);
  });

  it('emits in it as long as it is subscribed', async () => {
    const values = handled(() => interval(1).pipe(take(3), map(scopeHere)));
    expect(await lastValueFrom(values.pipe(toArray()))).toEqual([SCOPE, SCOPE, SCOPE]);
  });

  it('is called again in it by a retry', async () => {
    const seen: unknown[] = [];
    const values = handled(() => {
      seen.push(scopeHere());
      return seen.length < 3 ? throwError(() => new Error('not yet')) : of('done');
    });
    expect(await lastValueFrom(values.pipe(retry(2)))).toBe('done');
    expect(seen).toEqual([SCOPE, SCOPE, SCOPE]);
  });

  it('merges it over the scope in force where it is subscribed', async () => {
    const outer = { tenant: 'other', user: 'u7' };
    const values = handled(() => of(scopeHere()));
    expect(await runInScope(outer, () => lastValueFrom(values))).toEqual({ tenant: 'acme', user: 'u7' });
  });

  it('is unsubscribed in it, and in the one that was in force around it', () => {
    let atTheEnd: unknown;
    const values = handled(() =>
      new Observable(() => undefined).pipe(
        finalize(() => {
          atTheEnd = scopeHere();
        }),
      ),
    );
    const subscription = runInScope({ user: 'u7' }, () => values.subscribe());
    expect(atTheEnd).toBeUndefined();
    // Nothing of the scope in which its subscriber leaves is taken over.
    runInScope({ tenant: 'other', feature: 'chat' }, () => subscription.unsubscribe());
    expect(atTheEnd).toEqual({ tenant: 'acme', user: 'u7' });
  });

  it('ends a source that emits at once without end', async () => {
    let emitted = 0;
    const endless = new Observable<number>((subscriber) => {
      while (!subscriber.closed) {
        subscriber.next(++emitted);
      }
    });
    expect(await firstValueFrom(handled(() => endless))).toBe(1);
    expect(emitted).toBe(1);
  });

  it('passes on errors, those of the call included', async () => {
    const reason = new Error('no');
    const failing = (): never => {
      throw reason;
    };
    await expect(lastValueFrom(handled(failing))).rejects.toBe(reason);
    await expect(lastValueFrom(handled(() => throwError(() => reason)))).rejects.toBe(reason);
  });

  it('keeps an async generator in it, to its very end', async () => {
    const seen: unknown[] = [];
    async function* generate(): AsyncGenerator {
      try {
        yield scopeHere();
        yield await scopeLater();
      } finally {
        seen.push(await scopeLater());
      }
    }
    const generator = generate();
    const values = (await lastValueFrom(handled(() => of(generator)))) as AsyncGenerator;
    expect(values).toBe(generator);
    for await (const value of values) {
      seen.push(value);
      if (seen.length === 2) {
        break;
      }
    }
    expect(seen).toEqual([SCOPE, SCOPE, SCOPE]);
    expect(scopeHere()).toBeNull();
  });

  it.each([[undefined], [null], ['text'], [7], [{ next: 'page 2' }], [Object.freeze({ a: 1 })]])(
    'passes on the value %p as it is',
    async (value) => {
      expect(await lastValueFrom(handled(() => of(value)))).toBe(value);
    },
  );
});
