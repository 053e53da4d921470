// A process of an application with a ledger, on the built package: on PGlite in a folder, or on a PostgreSQL server.
import { setTimeout } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { OpenRouterClient } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';
import pg from 'pg';
import { obey, request } from '../../support/replica-program.mjs';

const { folder, url, options } = JSON.parse(process.argv[2]);
const database = url === undefined ? await PGlite.create(folder) : new pg.Pool({ connectionString: url });
const store = new PostgresSpendStore(database);
await store.migrate();
const client = new OpenRouterClient({ ...options, spendLimits: { ...options.spendLimits, store } });

async function complete(tenant) {
  const answer = await request(client.metering.fetchFor({ tenant }), options, true);
  await answer.text();
  if (answer.status === 402) {
    // A busy database may need longer than the store is waited for, and longer still if it is asked again at once.
    await setTimeout(100);
    await complete(tenant);
  }
}

const ORDERS = {
  complete: ({ times }) =>
    Promise.all(Array.from({ length: times }, (_, index) => complete(`t${index % 3}`))),
  /** How many holds have a generation, whose bill another process can ask for, or a bill, which may come first. */
  attached: async () => {
    const { rows } = await database.query(
      "SELECT count(*)::text AS count FROM openrouter_spend.holds WHERE generation_id IS NOT NULL OR state = 'settled'",
    );
    return Number(rows[0].count);
  },
  report: () => client.metering.report({ from: '2020-01-01', to: '2100-01-01', groupBy: 'tenant' }),
  exported: async () => {
    const entries = [];
    for await (const { id, nanoUsd, isFinal } of client.metering.exportCosts())
      entries.push({ id, nanoUsd, isFinal });
    return entries;
  },
  end: async () => {
    await client.close();
    await (url === undefined ? database.close() : database.end());
    process.disconnect();
  },
};

obey(ORDERS);
