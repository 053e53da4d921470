import { describe, it, jest } from '@jest/globals';
import { expectOneDay } from '../spend-limits/support/shifted-clocks.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Programs and databases take their time to start on a busy machine.
jest.setTimeout(60_000);

(HAS_POSTGRES ? describe : describe.skip)('processes with clocks that are days apart, on PostgreSQL', () => {
  it('let exactly as many completions pass as fit into the day of PostgreSQL', async () => {
    const server = await PostgresServer.start();
    try {
      await expectOneDay('test/postgres/support/limited-replica.mjs', { url: server.url });
    } finally {
      await server.stop();
    }
  });
});
