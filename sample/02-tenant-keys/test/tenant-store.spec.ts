import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TenantKey } from '../src/tenants/tenant.js';
import { TenantStore } from '../src/tenants/tenant-store.js';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const MONTH = '2026-05';
const SEALED = Buffer.from('sealed');

let store: TenantStore;

beforeEach(() => {
  store = new TenantStore(':memory:');
});

afterEach(() => {
  store.onApplicationShutdown();
});

function addTenant(id = 'acme'): TenantKey {
  return store.addTenant(id, 25, NOW, MONTH)!;
}

function addStored(hash = 'first'): TenantKey {
  store.storeSecret(addTenant(), hash, SEALED, NOW);
  return onlyKey();
}

function onlyKey(): TenantKey {
  const keys = store.keysOf('acme');
  expect(keys).toHaveLength(1);
  return keys[0]!;
}

describe('TenantStore', () => {
  it('writes down a tenant together with the name of its key', () => {
    const key = addTenant();

    expect(store.tenant('acme')).toEqual({
      id: 'acme',
      monthlyLimit: 25,
      disabled: false,
      createdAt: new Date(NOW),
    });
    expect(onlyKey()).toEqual(key);
    expect(key).toMatchObject({ state: 'intended', hash: null, carried: 0, month: MONTH, usage: null });
    expect(key.name).toMatch(/^tenant-keys:acme:[0-9a-f-]{36}$/);
  });

  it('adds a tenant once', () => {
    addTenant();

    expect(store.addTenant('acme', 99, NOW, MONTH)).toBeUndefined();
    expect(store.tenants()).toMatchObject([{ id: 'acme', monthlyLimit: 25 }]);
    expect(onlyKey().state).toBe('intended');
  });

  it('removes a tenant with its keys', () => {
    addTenant();
    store.removeTenant('acme');

    expect(store.tenant('acme')).toBeUndefined();
    expect(store.keysOf('acme')).toEqual([]);
  });

  it('keeps the secret until the key is deleted', () => {
    const stored = addStored();
    expect(store.sealedSecret(stored)).toEqual(SEALED);

    store.reject(stored, NOW);
    store.retire(onlyKey(), 1.25, NOW);
    expect(store.anySealedKey()).toEqual(onlyKey());
    store.markDeleted(onlyKey(), NOW);
    expect(store.anySealedKey()).toBeUndefined();
    expect(onlyKey()).toMatchObject({ state: 'deleted', hash: 'first', usage: 1.25 });
  });

  it('keeps the known usage of a key that OpenRouter no longer has', () => {
    store.reject(addStored(), NOW);
    store.retire(onlyKey(), undefined, NOW);

    expect(onlyKey().usage).toBe(0);
  });

  it('replaces the active key in one transaction', () => {
    store.takeOver(addStored(), NOW);
    const next = store.intend('acme', 3.5, '2026-06', NOW);
    store.storeSecret(next, 'second', SEALED, NOW);
    const [, stored] = store.keysOf('acme');
    store.takeOver(stored!, NOW + 1);

    expect(store.keysOf('acme')).toMatchObject([
      { hash: 'first', state: 'retiring', since: NOW + 1 },
      { hash: 'second', state: 'active', since: NOW + 1, carried: 3.5, month: '2026-06' },
    ]);
  });

  it('carries the spend over to the next name', () => {
    store.takeOver(addStored(), NOW);
    const given = store.intend('acme', 3.5, '2026-06', NOW);
    const next = store.replaceIntent(given, NOW + 1);

    expect(next).toMatchObject({ state: 'intended', carried: 3.5, month: '2026-06' });
    expect(next.name).not.toBe(given.name);
    expect(store.keysOf('acme').map(({ state }) => state)).toEqual(['active', 'abandoned', 'intended']);
  });

  it('allows a tenant only one coming key', () => {
    addTenant();

    expect(() => store.intend('acme', 0, MONTH, NOW)).toThrow('UNIQUE');
  });

  it('takes no step twice, and undoes half a step', () => {
    const stored = addStored();
    store.takeOver(stored, NOW);

    expect(() => store.takeOver(stored, NOW)).toThrow(`The key ${stored.name} is no longer stored.`);
    expect(onlyKey().state).toBe('active');
  });

  it('says which database cannot be used', () => {
    const file = '/no/such/folder/tenants.db';

    expect(() => new TenantStore(file)).toThrow(`TENANTS_DATABASE=${file} cannot be used: `);
  });
});
