import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { readVariable } from 'sample-shared';
import { Database } from './database.js';
import { lockFolder } from './folder-lock.js';

/** The database of the application, and what to call it in the terminal. */
export interface OpenDatabase {
  readonly database: Database;
  readonly title: string;
}

/** Opens the PostgreSQL of `DATABASE_URL`; without one, an embedded one (PGlite) in the folder of `DATA_FOLDER`. */
export async function openDatabase(): Promise<OpenDatabase> {
  const url = readVariable('DATABASE_URL');
  if (url !== undefined)
    return { database: new PostgresDatabase(url), title: 'the PostgreSQL of DATABASE_URL' };
  const folder = resolve(readVariable('DATA_FOLDER') ?? 'data');
  await mkdir(folder, { recursive: true });
  const unlock = await lockFolder(folder);
  const database = new EmbeddedDatabase(await PGlite.create(join(folder, 'postgres')), unlock);
  return { database, title: `PGlite in ${folder}` };
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
