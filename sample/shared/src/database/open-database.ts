import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { readVariable } from '../environment.js';
import { Database } from './database.js';
import { lockFolder } from './folder-lock.js';

/** The database of a sample, and what to call it in the terminal. */
export interface OpenDatabase {
  readonly database: Database;
  readonly title: string;
  /** Whether it is PostgreSQL in this process, in a folder that no other process uses. */
  readonly isEmbedded: boolean;
}

/**
 * Opens the PostgreSQL of `DATABASE_URL`; without one, an embedded one (PGlite) in the folder of `DATA_FOLDER`. The first
 * time in a folder takes some seconds.
 *
 * @param defaultFolder - Where it is if `DATA_FOLDER` is not set.
 */
export async function openDatabase(defaultFolder: string): Promise<OpenDatabase> {
  return openPostgres() ?? openEmbedded(resolve(readVariable('DATA_FOLDER') ?? defaultFolder));
}

/** Opens the PostgreSQL of `DATABASE_URL`; `undefined` if that is not set. */
export function openPostgres(): OpenDatabase | undefined {
  const url = readVariable('DATABASE_URL');
  if (url === undefined) return undefined;
  return {
    database: new PostgresDatabase(url),
    title: 'the PostgreSQL of DATABASE_URL',
    isEmbedded: false,
  };
}

async function openEmbedded(folder: string): Promise<OpenDatabase> {
  await mkdir(folder, { recursive: true });
  const unlock = await lockFolder(folder);
  const database = new EmbeddedDatabase(await PGlite.create(join(folder, 'postgres')), unlock);
  return { database, title: `PGlite in ${folder}`, isEmbedded: true };
}

class PostgresDatabase extends Database {
  private readonly pool: pg.Pool;

  constructor(connectionString: string) {
    super();
    this.pool = new pg.Pool({ connectionString, max: 10 });
    // A lost connection that nobody uses is replaced by the next query. Without a listener it would end the process.
    this.pool.on('error', () => undefined);
  }

  query(text: string, values: readonly unknown[] = []): ReturnType<Database['query']> {
    return this.pool.query(text, [...values]);
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

class EmbeddedDatabase extends Database {
  constructor(
    private readonly pglite: PGlite,
    private readonly unlock: () => Promise<void>,
  ) {
    super();
  }

  query(text: string, values: readonly unknown[] = []): ReturnType<Database['query']> {
    return this.pglite.query<Record<string, unknown>>(text, [...values]);
  }

  async close(): Promise<void> {
    await this.pglite.close();
    await this.unlock();
  }
}
