// Creates the database that `Program` copies: to create one takes seconds, to copy one a moment.
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

const DATABASES = fileURLToPath(new URL('../../dist/test-databases', import.meta.url));

export default async function createDatabase() {
  // What a killed program has left.
  rmSync(DATABASES, { recursive: true, force: true });
  mkdirSync(`${DATABASES}/new`, { recursive: true });
  const database = await PGlite.create(`${DATABASES}/new/postgres`);
  await database.close();
}
