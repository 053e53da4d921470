import { inspect } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { InMemoryBalanceStore, OpenRouterClient } from '../../lib/index.js';
import { RedisBalanceStore } from '../../lib/redis/index.js';
import { HiddenParts } from '../../lib/secret/hidden-parts.js';

interface Parts {
  readonly machinery: string;
}

const hidden = new HiddenParts<Parts>();

class Owner {
  constructor() {
    hidden.hide(this, { machinery: 'cogwheel' });
  }

  machine(): string {
    return hidden.of(this).machinery;
  }
}

describe('hidden parts', () => {
  const owner = new Owner();

  it.each<[string, () => unknown]>([
    ['inspect', () => inspect(owner, { showHidden: true, getters: true, depth: Infinity })],
    ['JSON', () => JSON.stringify(owner)],
    ['a copy', () => inspect(Object.assign({}, owner), { showHidden: true })],
    ['a structured clone', () => inspect(structuredClone(owner), { showHidden: true })],
    ['a message to another thread', () => inspect(deserialize(serialize(owner)), { showHidden: true })],
  ])('are not shown by %s', (_name, print) => {
    expect(print()).not.toMatch(/cogwheel|machinery/);
  });

  it('are no members that can be listed or replaced', () => {
    expect([Object.keys(owner), JSON.stringify(owner)]).toEqual([[], '{}']);
    expect(() => hidden.hide(owner, { machinery: 'other' })).toThrow(TypeError);
  });

  it('belong to one object', () => {
    const other = new Owner();
    expect(hidden.of(other)).not.toBe(hidden.of(owner));
  });

  it('are found through a Proxy, and by objects that inherit from the owner', () => {
    expect(new Proxy(owner, {}).machine()).toBe('cogwheel');
    expect((Object.create(owner) as Owner).machine()).toBe('cogwheel');
  });

  it('are found by another copy of the package', async () => {
    jest.resetModules();
    const copy = await import('../../lib/secret/hidden-parts.js');
    expect(copy.HiddenParts).not.toBe(HiddenParts);
    expect(new copy.HiddenParts<Parts>().of(owner)).toBe(hidden.of(owner));
  });
});

describe('a client', () => {
  const client = new OpenRouterClient({ apiKey: `sk-or-v1-${'ab'.repeat(32)}`, appTitle: 'The Shop' });

  afterEach(() => client.close());

  it('shows its services and options, and nothing below them, even with showHidden', () => {
    const shown = inspect(client, { showHidden: true, getters: true, depth: Infinity });
    expect(shown).toContain("appTitle: 'The Shop'");
    expect(shown).not.toMatch(/pipeline|reader|HttpPipeline|BalanceReader|BoundedStore/i);
  });

  it.each<[string, object]>([
    ['InMemoryBalanceStore', new InMemoryBalanceStore()],
    [
      'RedisBalanceStore',
      new RedisBalanceStore({ evalsha: () => Promise.resolve([]), eval: () => Promise.resolve([]) }),
    ],
  ])('shows nothing below a store: %s', (_name, store) => {
    const shown = inspect(store, { showHidden: true, getters: true, depth: Infinity });
    expect(shown).not.toMatch(/accounts|Map|evalsha|now|run/);
  });
});
