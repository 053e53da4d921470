import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { Pool } from 'pg';
import type { SpendStore } from '../../lib/contracts/spend-store.js';
import { PostgresSpendStore } from '../../lib/postgres/postgres-spend-store.js';
import type { PostgresSpendClient } from '../../lib/postgres/spend-database.js';
import { spendStoreContract, type StoreUnderTest } from '../../lib/testing/index.js';
import { admitHalf } from '../spend-limits/support/concurrent-commands.js';
import { compareWithModel, IS_SOAK } from '../spend-limits/support/model-commands.js';
import { describeStore } from '../support/store-contract.js';
import { sleep } from '../support/waiting.js';
import { patient } from './support/patient-client.js';
import { HAS_POSTGRES, PostgresServer } from './support/postgres-server.js';

// Making a database takes its time on a busy machine.
jest.setTimeout(IS_SOAK ? 3_600_000 : 60_000);

/** A store in a schema of its own, so that it holds nothing. */
async function opened(client: PostgresSpendClient): Promise<StoreUnderTest<SpendStore>> {
  const store = new PostgresSpendStore(client, { schema: `s${randomUUID().replaceAll('-', '')}` });
  await store.migrate();
  return { store, pass: sleep };
}

(HAS_POSTGRES ? describe : describe.skip)('PostgresSpendStore', () => {
  let server: PostgresServer;
  let pool: Pool;

  beforeAll(async () => {
    server = await PostgresServer.start();
    pool = new Pool({ connectionString: server.url });
  });

  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  describeStore('PostgresSpendStore on PostgreSQL', spendStoreContract, () => opened(patient(pool)));

  it('does what the model does', async () => {
    const store = await opened(patient(pool));
    await compareWithModel(() => Promise.resolve(store), { lanes: 8 });
  });

  it('admits exactly half of those that are twice too many, round after round', async () => {
    await admitHalf((await opened(patient(pool))).store, 20);
  });
});

describe('PostgresSpendStore in a process of its own', () => {
  let database: PGlite;

  beforeAll(async () => {
    database = await PGlite.create();
  });

  afterAll(async () => {
    await database.close();
  });

  describeStore('PostgresSpendStore on PGlite', spendStoreContract, () => opened(database));

  it('does what the model does', async () => {
    const store = await opened(database);
    await compareWithModel(() => Promise.resolve(store), { lanes: 8 });
  });

  it('does what the model does where answers are lost and calls are sent again', async () => {
    let lost = 0;
    let isLosing = false;
    const query: PostgresSpendClient['query'] = async (text, values) => {
      const answer = await database.query(text, values);
      if (!isLosing || !/\.(reserve|step|restore|usage)\(/.test(text)) return answer;
      isLosing = false;
      lost += 1;
      return query(text, values);
    };
    const loseReply = (): void => {
      isLosing = true;
    };
    const store = { ...(await opened({ query })), loseReply };
    await compareWithModel(() => Promise.resolve(store), { steps: 500 });
    expect(lost).toBeGreaterThan(0);
  });

  it('admits exactly half of those that are twice too many, round after round', async () => {
    await admitHalf((await opened(database)).store, 5);
  });
});
