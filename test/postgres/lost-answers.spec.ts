import { describe, it, jest } from '@jest/globals';
import { Pool } from 'pg';
import { PostgresSpendStore } from '../../lib/postgres/postgres-spend-store.js';
import { RedisProxy } from '../redis/support/redis-proxy.js';
import { expectExactBills } from '../spend-limits/support/lossy-streams.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

jest.setTimeout(120_000);

(HAS_POSTGRES ? describe : describe.skip)('spend limits on PostgreSQL', () => {
  it('book what was billed, while answers are lost', async () => {
    const server = await PostgresServer.start();
    const proxy = await RedisProxy.start(server.port);
    const pools = [0, 1].map(() => {
      const pool = new Pool({ host: '127.0.0.1', port: proxy.port, user: 'postgres', database: 'postgres' });
      return pool.on('error', () => undefined);
    });
    try {
      const stores = pools.map((pool) => new PostgresSpendStore(pool));
      await stores[0]!.migrate();
      // Each of them waits for the same row, a quarter of a second at most, also on a busy machine.
      await expectExactBills(stores, proxy, 10);
    } finally {
      await Promise.all(pools.map((pool) => pool.end()));
      await proxy.stop();
      await server.stop();
    }
  });
});
