import { describe, it, jest } from '@jest/globals';
import { PGlite } from '@electric-sql/pglite';
import { Pool } from 'pg';
import { PostgresSpendStore } from '../../lib/postgres/postgres-spend-store.js';
import type { PostgresSpendClient } from '../../lib/postgres/spend-database.js';
import { expectTwoDays } from '../spend-limits/support/end-of-day.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Making a database takes its time on a busy machine.
jest.setTimeout(120_000);

async function expectTwoDaysIn(client: PostgresSpendClient): Promise<void> {
  const store = new PostgresSpendStore(client);
  await store.migrate();
  await expectTwoDays(store);
}

describe('a day that ends in the middle of streams has its own bills, and the next one has its whole limit', () => {
  (HAS_POSTGRES ? it : it.skip)('on PostgreSQL', async () => {
    const server = await PostgresServer.start();
    const pool = new Pool({ connectionString: server.url });
    try {
      await expectTwoDaysIn(pool);
    } finally {
      await pool.end();
      await server.stop();
    }
  });

  it('on PGlite', async () => {
    const database = await PGlite.create();
    try {
      await expectTwoDaysIn(database);
    } finally {
      await database.close();
    }
  });
});
