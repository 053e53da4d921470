import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { KeySettler } from '../src/tenants/key-settler.js';
import type { Tenant } from '../src/tenants/tenant.js';
import { TenantLock } from '../src/tenants/tenant-lock.js';
import type { TenantKeys } from '../src/tenants/tenant-keys.js';
import type { TenantStore } from '../src/tenants/tenant-store.js';

const NEVER = new Promise<never>(() => undefined);

function untilAborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve('aborted'));
  });
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('TenantLock', () => {
  it('runs one change of a tenant at a time, and changes of other tenants meanwhile', async () => {
    const lock = new TenantLock();
    const first = lock.hold('acme', () => Promise.reject(new Error('failed')));

    await expect(lock.hold('acme', () => NEVER)).rejects.toMatchObject({ status: 409 });
    await expect(lock.hold('other', () => Promise.resolve('done'))).resolves.toBe('done');
    await expect(first).rejects.toThrow('failed');
    await expect(lock.hold('acme', () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('waits for running changes at the shutdown, and starts no other', async () => {
    const lock = new TenantLock();
    let finish = (): void => undefined;
    const change = lock.hold('acme', () => new Promise<void>((resolve) => (finish = resolve)));
    const ended = jest.fn();
    void lock.onModuleDestroy().then(ended);

    await expect(lock.hold('other', () => NEVER)).rejects.toMatchObject({ status: 503 });
    await jest.advanceTimersByTimeAsync(4_999);
    expect(ended).not.toHaveBeenCalled();
    finish();
    await change;
    await jest.advanceTimersByTimeAsync(0);
    expect(ended).toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('aborts a change that takes too long', async () => {
    const lock = new TenantLock();
    const change = lock.hold('acme', untilAborted);
    const end = lock.onModuleDestroy();

    await jest.advanceTimersByTimeAsync(5_000);
    await end;
    await expect(change).resolves.toBe('aborted');
  });
});

describe('KeySettler', () => {
  it('settles every tenant at the start and every minute until the end, despite one that fails', async () => {
    const tenants = ['at-rest', 'failing', 'busy', 'left'].map((id) => ({ id }) as Tenant);
    const settle = jest.fn((id: string) =>
      id === 'failing' ? Promise.reject(new Error('No.')) : Promise.resolve(),
    );
    const lock = new TenantLock();
    const settler = new KeySettler(
      { tenants: () => tenants } as TenantStore,
      { nextStep: ({ id }: Tenant) => (id === 'at-rest' ? undefined : {}), settle } as unknown as TenantKeys,
      lock,
    );
    Logger.overrideLogger(false);
    void lock.hold('busy', () => NEVER);

    settler.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(59_999);
    expect(settle.mock.calls.map(([id]) => id)).toEqual(['failing', 'left']);
    await jest.advanceTimersByTimeAsync(1);
    expect(settle).toHaveBeenCalledTimes(4);
    settler.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(120_000);
    expect(settle).toHaveBeenCalledTimes(4);
  });
});
