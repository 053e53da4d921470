import { fileURLToPath } from 'node:url';
import { isOpenRouterException, type SpendStore } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import { StartError } from 'sample-shared';
import { openDatabase, type OpenDatabase, openPostgres } from 'sample-shared/database';

/** Beside `dist`. */
const FOLDER = fileURLToPath(new URL('../../../data', import.meta.url));

/** Not that of other ledgers: the folder may be one that `sample/05-tenant-chat` uses as well. */
const EMBEDDED_SCHEMA = 'dashboard_sandbox';

/** The database in which the application keeps what is spent, with a row for each completion. */
export interface SpendDatabase {
  readonly store: SpendStore;
  close(): Promise<void>;
}

/**
 * Opens the PostgreSQL of `DATABASE_URL`. Without one, an embedded one for a sandbox; nothing for a real account, whose
 * application spends elsewhere.
 *
 * @returns The database, and what to call it in the terminal.
 */
export async function openSpendDatabase(
  isSandbox: boolean,
): Promise<{ readonly database: SpendDatabase; readonly title: string } | undefined> {
  const opened = isSandbox ? await openDatabase(FOLDER) : openPostgres();
  if (opened === undefined) return undefined;
  const { database, title, isEmbedded } = opened;
  const store = new PostgresSpendStore(database, {
    // How long rows are kept is up to the application that spends.
    retainDays: null,
    ...(isEmbedded && { schema: EMBEDDED_SCHEMA }),
  });
  // Each start of the sandbox is another account. By chance, it may have the port of an earlier one, and thereby its rows.
  if (isEmbedded) await database.query(`DROP SCHEMA IF EXISTS ${EMBEDDED_SCHEMA} CASCADE`);
  // The tables of a real account belong to that application, too.
  if (isSandbox) await migrate(store, opened);
  return { database: { store, close: () => database.close() }, title };
}

async function migrate(store: PostgresSpendStore, { database, title }: OpenDatabase): Promise<void> {
  try {
    await store.migrate();
  } catch (error) {
    await database.close();
    throw isOpenRouterException(error)
      ? new StartError(`The ledger, ${title}, cannot be used. ${(error as Error).message}`)
      : error;
  }
}
