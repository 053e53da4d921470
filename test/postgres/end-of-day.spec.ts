import { describe, it, jest } from '@jest/globals';
import { PGlite } from '@electric-sql/pglite';
import { Pool } from 'pg';
import { PostgresSpendStore } from '../../lib/postgres/postgres-spend-store.js';
import { expectTwoDays } from '../spend-limits/support/end-of-day.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Making a database takes its time on a busy machine.
jest.setTimeout(120_000);

describe('a day that ends in the middle of streams has its own bills, and the next one has its whole limit', () => {
  (HAS_POSTGRES ? it : it.skip)('on PostgreSQL', async () => {
    const server = await PostgresServer.start();
    const pool = new Pool({ connectionString: server.url });
    try {
      const store = new PostgresSpendStore(pool);
      await store.migrate();
      await expectTwoDays(store);
    } finally {
      await pool.end();
      await server.stop();
    }
  });

  it('on PGlite', async () => {
    const database = await PGlite.create();
    try {
      const store = new PostgresSpendStore(database);
      await store.migrate();
      await expectTwoDays(store);
    } finally {
      await database.close();
    }
  });
});
