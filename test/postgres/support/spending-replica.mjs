// One replica of an application under spend limits that sends the completions it is told, on the built package.
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';
import { runSpending } from '../../support/spending-program.mjs';

const { url, options } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => undefined);
runSpending(options, new PostgresSpendStore(pool), () => pool.end());
