import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Database from 'libsql';
import { StartError } from 'sample-shared';
import type { KeyState, Tenant, TenantKey } from './tenant.js';

const APPLICATION = 'tenant-keys';

const IN_MEMORY = ':memory:';

/** At a restart, the old process may still be ending. */
const LOCK_TIMEOUT_MS = 3_000;

/** The unique indexes make it impossible that a tenant gets two keys. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tenants (
    id            TEXT PRIMARY KEY,
    monthly_limit REAL NOT NULL,
    disabled      INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS keys (
    name      TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    state     TEXT NOT NULL,
    since     INTEGER NOT NULL,
    hash      TEXT UNIQUE,
    sealed    BLOB,
    disabled  INTEGER NOT NULL DEFAULT 0,
    shown     INTEGER NOT NULL DEFAULT 0,
    carried   REAL NOT NULL,
    month     TEXT NOT NULL,
    usage     REAL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS keys_of_tenant ON keys (tenant_id);
  CREATE UNIQUE INDEX IF NOT EXISTS one_active_key ON keys (tenant_id) WHERE state = 'active';
  CREATE UNIQUE INDEX IF NOT EXISTS one_coming_key ON keys (tenant_id) WHERE state IN ('intended', 'stored');
`;

/**
 * The tenants and their keys in SQLite. Every change is one transaction, on disk before the method returns.
 *
 * Only one process can use it at a time. With two, each would take a running creation of the other for an interrupted
 * one.
 */
@Injectable()
export class TenantStore implements OnApplicationShutdown {
  private readonly db: Database.Database;

  /** @throws `StartError` if the file cannot be opened, or another process uses it. */
  constructor(file: string) {
    try {
      this.db = new Database(file, { timeout: LOCK_TIMEOUT_MS });
      this.db.pragma('locking_mode = EXCLUSIVE');
      this.db.pragma(`journal_mode = ${file === IN_MEMORY ? 'MEMORY' : 'WAL'}`);
      // Otherwise a power failure may lose the latest transactions.
      this.db.pragma('synchronous = FULL');
      this.db.pragma('foreign_keys = ON');
      this.db.exec(SCHEMA);
      // Takes the lock even if the schema exists already.
      this.db.exec('BEGIN IMMEDIATE; COMMIT');
    } catch (error) {
      throw new StartError(`TENANTS_DATABASE=${file} cannot be used: ${reasonOf(error)}`);
    }
  }

  onApplicationShutdown(): void {
    this.db.close();
  }

  tenants(): Tenant[] {
    return this.db.prepare('SELECT * FROM tenants ORDER BY id').all().map(readTenant);
  }

  tenant(id: string): Tenant | undefined {
    return this.db.prepare('SELECT * FROM tenants WHERE id = ?').all(id).map(readTenant)[0];
  }

  /** All keys that a tenant has or had, oldest first. */
  keysOf(tenantId: string): TenantKey[] {
    return this.db
      .prepare('SELECT * FROM keys WHERE tenant_id = ? ORDER BY rowid')
      .all(tenantId)
      .map(readKey);
  }

  /** @returns The key to create for the tenant. `undefined` if the tenant exists already. */
  addTenant(id: string, monthlyLimit: number, now: number, month: string): TenantKey | undefined {
    return this.inTransaction(() => {
      const { changes } = this.db
        .prepare(
          'INSERT INTO tenants (id, monthly_limit, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        )
        .run(id, monthlyLimit, now);
      return changes === 0 ? undefined : this.insertKey(id, 0, month, now);
    });
  }

  /** Removes a tenant and its keys, for a tenant whose first key was not created. */
  removeTenant(id: string): void {
    this.db.prepare('DELETE FROM tenants WHERE id = ?').run(id);
  }

  setDisabled(tenantId: string, disabled: boolean): void {
    this.db.prepare('UPDATE tenants SET disabled = ? WHERE id = ?').run(Number(disabled), tenantId);
  }

  /** Writes down the name of a key before it is created. */
  intend(tenantId: string, carried: number, month: string, now: number): TenantKey {
    return this.insertKey(tenantId, carried, month, now);
  }

  /** Gives up a key that was never stored, and writes down the name of its replacement. */
  replaceIntent(key: TenantKey, now: number): TenantKey {
    return this.inTransaction(() => {
      this.update(key, { state: 'abandoned', since: now });
      return this.insertKey(key.tenantId, key.carried, key.month, now);
    });
  }

  /** Removes a key that OpenRouter does not have. */
  forget(key: TenantKey): void {
    this.db.prepare('DELETE FROM keys WHERE name = ?').run(key.name);
  }

  storeSecret(key: TenantKey, hash: string, sealed: Buffer, now: number): void {
    this.update(key, { state: 'stored', since: now, hash, sealed });
  }

  /** Makes a stored key the active key of its tenant, and retires the previous one. */
  takeOver(key: TenantKey, now: number): void {
    this.inTransaction(() => {
      const active = this.keysOf(key.tenantId).find(({ state }) => state === 'active');
      if (active !== undefined) {
        this.update(active, { state: 'retiring', since: now });
      }
      this.update(key, { state: 'active', since: now });
    });
  }

  /** Retires a stored key that does not work. Nobody has seen its secret, so it has spent nothing. */
  reject(key: TenantKey, now: number): void {
    this.update(key, { state: 'retiring', since: now, usage: 0 });
  }

  /** @param usage - What the key has spent according to OpenRouter. `undefined` if OpenRouter no longer has it. */
  retire(key: TenantKey, usage: number | undefined, now: number): void {
    this.update(key, { state: 'retired', since: now, disabled: 1, usage: usage ?? key.usage });
  }

  recordUsage(key: TenantKey, usage: number): void {
    this.update(key, { usage });
  }

  markDeleted(key: TenantKey, now: number): void {
    this.update(key, { state: 'deleted', since: now, sealed: null });
  }

  markDisabled(key: TenantKey, disabled: boolean): void {
    this.update(key, { disabled: Number(disabled) });
  }

  markLimitRestored(key: TenantKey): void {
    this.update(key, { carried: 0 });
  }

  markShown(key: TenantKey): void {
    this.update(key, { shown: 1 });
  }

  /** The encrypted secret of a key that has one. */
  sealedSecret(key: TenantKey): Buffer {
    const row = this.db.prepare('SELECT sealed FROM keys WHERE name = ?').get(key.name) as Row | undefined;
    return row?.['sealed'] as Buffer;
  }

  /** Any key that has a secret. */
  anySealedKey(): TenantKey | undefined {
    return this.db.prepare('SELECT * FROM keys WHERE sealed IS NOT NULL LIMIT 1').all().map(readKey)[0];
  }

  private insertKey(tenantId: string, carried: number, month: string, now: number): TenantKey {
    return this.db
      .prepare(
        "INSERT INTO keys (name, tenant_id, state, since, carried, month) VALUES (?, ?, 'intended', ?, ?, ?) RETURNING *",
      )
      .all(`${APPLICATION}:${tenantId}:${randomUUID()}`, tenantId, now, carried, month)
      .map(readKey)[0]!;
  }

  /** @throws `Error` if the state of the key has changed since it was read. */
  private update(key: TenantKey, columns: Readonly<Record<string, string | number | Buffer | null>>): void {
    const assignments = Object.keys(columns).map((column) => `${column} = ?`);
    const { changes } = this.db
      .prepare(`UPDATE keys SET ${assignments.join(', ')} WHERE name = ? AND state = ?`)
      .run(...Object.values(columns), key.name, key.state);
    if (changes !== 1) {
      throw new Error(`The key ${key.name} is no longer ${key.state}.`);
    }
  }

  private inTransaction<T>(work: () => T): T {
    return this.db.transaction(work).immediate();
  }
}

type Row = Record<string, unknown>;

function readTenant(row: unknown): Tenant {
  const { id, monthly_limit, disabled, created_at } = row as Row;
  return {
    id: id as string,
    monthlyLimit: monthly_limit as number,
    disabled: disabled === 1,
    createdAt: new Date(created_at as number),
  };
}

function readKey(row: unknown): TenantKey {
  const { name, tenant_id, state, since, hash, disabled, shown, carried, month, usage } = row as Row;
  return {
    name: name as string,
    tenantId: tenant_id as string,
    state: state as KeyState,
    since: since as number,
    hash: hash as string | null,
    disabled: disabled === 1,
    shown: shown === 1,
    carried: carried as number,
    month: month as string,
    usage: usage as number | null,
  };
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message: string };
  return code === 'SQLITE_BUSY' ? 'another process has it open' : message;
}
