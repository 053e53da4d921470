import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, of } from 'rxjs';
import { MeterAs, OpenRouterConfigException } from '../../../lib/index.js';
import { ambientHoldUsd, runInScope } from '../../../lib/metering/scope/ambient-scope.js';
import { handleInScope } from '../../../lib/metering/scope/handle-in-scope.js';
import { holdUsdOf } from '../../../lib/metering/scope/scope-metadata.js';

const scopeOf = (): Record<string, string> => ({ tenant: 'acme' });

@MeterAs(scopeOf, { holdUsd: 0.1 })
class Chat {
  plain(): void {
    return;
  }

  @MeterAs(scopeOf, { holdUsd: 0.2 })
  own(): void {
    return;
  }

  @MeterAs(scopeOf)
  silent(): void {
    return;
  }

  @MeterAs(scopeOf, { holdUsd: 0.4 })
  @MeterAs(scopeOf, { holdUsd: 0.3 })
  twice(): void {
    return;
  }
}

class Inherited extends Chat {}
class Bare {
  chat(): void {
    return;
  }
}

describe('what @MeterAs holds', () => {
  it.each<[string, (...args: never[]) => unknown, new () => object, number | undefined]>([
    ['the controller says it', Chat.prototype.plain, Chat, 0.1],
    ['the handler says it', Chat.prototype.own, Chat, 0.2],
    ['the handler says nothing of it', Chat.prototype.silent, Chat, 0.1],
    ['the lowest of several decorators says it', Chat.prototype.twice, Chat, 0.3],
    ['an inherited handler says it', Inherited.prototype.own, Inherited, 0.2],
    ['an inherited controller says it', Inherited.prototype.plain, Inherited, 0.1],
    ['nobody says it', Bare.prototype.chat, Bare, undefined],
  ])('is found where %s', (_name, handler, controller, expected) => {
    expect(holdUsdOf(handler, controller)).toBe(expected);
  });

  it.each<[number | undefined, number | undefined]>([
    [0.2, 0.2],
    [undefined, 0.5],
  ])('is in force in the handler, over what is in force outside: %p', async (holdUsd, expected) => {
    const seen: unknown[] = [];
    const handler = {
      handle: () => {
        seen.push(ambientHoldUsd());
        return of(1);
      },
    };
    await runInScope({}, () => lastValueFrom(handleInScope({ tenant: 'acme' }, handler, holdUsd)), 0.5);
    expect(seen).toEqual([expected]);
    expect(ambientHoldUsd()).toBeUndefined();
  });

  it.each([{ holdUsd: -1 }, { holdUsd: '1' }, { holdUsd: 9_000_001 }, { hold: 1 }])(
    'is checked: %j',
    (options) => {
      expect(() => MeterAs(scopeOf, options as object)).toThrow(OpenRouterConfigException);
    },
  );
});
