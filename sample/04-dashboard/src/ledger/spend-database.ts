import { isOpenRouterException, type SpendStore } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';
import { readVariable, StartError } from 'sample-shared';

const MAX_CONNECTIONS = 4;

/** The database in which the application keeps what is spent, with a row for each completion. */
export interface SpendDatabase {
  readonly store: SpendStore;
  close(): Promise<void>;
}

/**
 * Opens the PostgreSQL of `DATABASE_URL`; `undefined` if the variable is not set.
 *
 * @param isOwn - Whether to create the tables. Those of a real account belong to the application that spends.
 */
export async function openSpendDatabase(isOwn: boolean): Promise<SpendDatabase | undefined> {
  const connectionString = readVariable('DATABASE_URL');
  if (connectionString === undefined) return undefined;
  const pool = new pg.Pool({ connectionString, max: MAX_CONNECTIONS });
  // A lost connection is replaced by the next query. Without a listener it would end the process.
  pool.on('error', () => undefined);
  // How long rows are kept is up to the application that spends.
  const store = new PostgresSpendStore(pool, { retainDays: null });
  if (isOwn) {
    await store.migrate().catch(async (error: unknown) => {
      await pool.end();
      throw isOpenRouterException(error)
        ? new StartError(`The PostgreSQL of DATABASE_URL cannot be used. ${(error as Error).message}`)
        : error;
    });
  }
  return { store, close: () => pool.end() };
}
