import type { OpenRouterSpendStoreException } from '../errors/spend.exceptions.js';
import type { SpendDatabase } from './spend-database.js';
import { otherVersion } from './postgres-failure.js';
import { SCHEMA_VERSION } from './spend-schema.js';

/** What is wrong with a database, a sentence each. */
export async function setUpWarnings(database: SpendDatabase): Promise<readonly string[]> {
  const { plain, quoted: s } = database.schema;
  let row: Readonly<Record<string, unknown>> | undefined;
  try {
    [row] = await database.query(
      `SELECT version::text AS version, current_setting('fsync') AS fsync, version() AS server, current_setting('synchronous_commit') AS commit,
        current_setting('server_encoding') AS encoding, current_setting('default_transaction_isolation') AS isolation
      FROM ${s}.meta`,
    );
  } catch (error) {
    return [(error as OpenRouterSpendStoreException).message];
  }
  const warnings: string[] = [];
  if (row?.['version'] !== String(SCHEMA_VERSION)) {
    warnings.push(otherVersion(row?.['version'], plain).message);
  }
  // PGlite has no fsync to turn on.
  const isEmbedded = String(row?.['server']).includes('emscripten');
  if (!isEmbedded && (row?.['fsync'] === 'off' || row?.['commit'] === 'off')) {
    warnings.push(
      'PostgreSQL may lose what was spent when its machine stops (fsync or synchronous_commit is off). Set both to on.',
    );
  }
  if (row?.['isolation'] !== 'read committed') {
    warnings.push(
      'Calls that meet at a limit fail more often than they need to, because default_transaction_isolation is not read ' +
        'committed. Set it so for the connections of the store.',
    );
  }
  if (row?.['encoding'] !== 'UTF8') {
    warnings.push('The database cannot keep every name in a scope, because its encoding is not UTF8.');
  }
  return warnings;
}
