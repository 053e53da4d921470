// One replica of an application under spend limits, in a process of its own, on the built package.
import { OpenRouterClient } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';
import { obey, request } from '../../support/replica-program.mjs';

const { url, options } = JSON.parse(process.argv[2]);
const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => undefined);
const store = new PostgresSpendStore(pool);
await store.migrate();
const client = new OpenRouterClient({
  ...options,
  spendLimits: { ...options.spendLimits, store },
});
const fetch = client.metering.fetchFor({ tenant: 'acme' });

async function complete(stream) {
  const answer = await request(fetch, options, stream);
  await answer.text();
  return answer.status;
}

const ORDERS = {
  /** Sends so many completions at once, and waits for their answers. */
  complete: ({ times, stream }) => Promise.all(Array.from({ length: times }, () => complete(stream))),
  today: () => Promise.resolve(new Date().toISOString().slice(0, 10)),
  usage: async () => {
    const [usage] = await client.spendLimits.usage({ tenant: 'acme' });
    return usage;
  },
  end: async () => {
    await client.close();
    await pool.end();
    process.disconnect();
  },
};

obey(ORDERS);
