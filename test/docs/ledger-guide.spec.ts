import { expect, it, jest } from '@jest/globals';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { blockOf, runProgram } from './programs.js';

// The test starts a program with a database, which takes its time on a busy machine.
jest.setTimeout(60_000);

const COMPLETIONS = 7;

/** Bills what was spent in several turns, all but the last of which end in the middle, and prints the bills. */
const program = `
${blockOf('docs/ledger.md', 'export async function bill')}
import { PGlite } from '@electric-sql/pglite';
import { OpenRouterClient } from 'nestjs-openrouter';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';

const database = await PGlite.create();
const store = new PostgresSpendStore(database);
await store.migrate();
const { OPENROUTER_API_KEY: apiKey, OPENROUTER_BASE_URL: baseUrl } = process.env;
const client = new OpenRouterClient({ apiKey, baseUrl, spendLimits: { store, rules: [] } });
const fetch = client.metering.fetchFor({ tenant: 'acme' });
for (let index = 0; index < ${COMPLETIONS}; index += 1) {
  const answer = await fetch(baseUrl + '/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-4.1', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await answer.text();
}
await client.metering.settled();

let left = 0;
const pool = {
  async query(text, values) {
    if (values === undefined) return (await database.exec(text)).at(-1);
    if (left === 0) throw new Error('The job ends.');
    left -= 1;
    return database.query(text, values);
  },
};
for (const most of [0, 3, 2, Infinity, Infinity]) {
  left = most;
  await bill(client.metering, pool).catch((error) => console.log(error.message));
}
const { rows } = await database.query('SELECT tenant, nano_usd::text AS nano FROM bills');
console.log(JSON.stringify(rows));
await client.close();
await database.close();
console.log('ready');
`;

it('the guide of the ledger has a billing job that bills each completion once, though it ends in the middle', async () => {
  const sandbox = await OpenRouterSandbox.start({ completionCost: 0.123_456_789 });
  const { apiKey, baseUrl } = sandbox;
  const run = runProgram(program, { OPENROUTER_API_KEY: apiKey, OPENROUTER_BASE_URL: baseUrl });
  try {
    await run.printed(/^ready$/m);
    expect(run.stdout.match(/^The job ends\.$/gm)).toHaveLength(3);
    const bills = JSON.parse(/^\[.*\]$/m.exec(run.stdout)![0]) as { tenant: string; nano: string }[];
    expect(bills).toEqual(
      sandbox.charges.map(({ usd }) => ({ tenant: 'acme', nano: String(Math.round(usd * 1e9)) })),
    );
    expect(bills).toHaveLength(COMPLETIONS);
  } finally {
    await run.kill();
    await sandbox.stop();
  }
});
