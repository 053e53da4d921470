// A Nest application under spend limits on PostgreSQL, on the built package.
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';
import { runApplication } from '../../support/nest-replica-program.mjs';

const { url, options } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => undefined);
const store = new PostgresSpendStore(pool);
await store.migrate();
await runApplication(options, store);
