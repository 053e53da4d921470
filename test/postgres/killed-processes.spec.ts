import { afterEach, beforeEach, describe, it, jest } from '@jest/globals';
import { Pool } from 'pg';
import { PostgresSpendStore } from '../../lib/postgres/index.js';
import { expectKeptBooks, KILL_ROUNDS } from '../spend-limits/support/kill/expect-kept-books.js';
import { PostgresProtocol } from './support/postgres-protocol.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

jest.setTimeout(240_000);

(HAS_POSTGRES ? describe : describe.skip)(
  'processes that are killed between any two steps, on PostgreSQL',
  () => {
    let server: PostgresServer;
    let pool: Pool;

    beforeEach(async () => {
      server = await PostgresServer.start();
      pool = new Pool({ connectionString: server.url });
    });

    afterEach(async () => {
      await pool.end();
      await server.stop();
    });

    it.each(KILL_ROUNDS)(
      'leave what was billed, and what was held where nobody knows a generation (round %d)',
      async (round) => {
        const store = new PostgresSpendStore(pool);
        await store.migrate();
        const processes = {
          port: server.port,
          protocol: () => new PostgresProtocol(),
          program: 'test/postgres/support/spending-replica.mjs',
          place: (port: number) => ({ url: server.url.replace(String(server.port), String(port)) }),
          store,
        };
        await expectKeptBooks(processes, round);
      },
    );
  },
);
