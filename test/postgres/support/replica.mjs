// One process of an application, that reserves on the built package.
import { Pool } from 'pg';
import { PostgresSpendStore } from 'nestjs-openrouter/postgres';

const { url, schema } = JSON.parse(process.argv[2]);
const pool = new Pool({ connectionString: url, max: 4 });
pool.on('error', () => undefined);
const store = new PostgresSpendStore(pool, { schema });
const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];

/** Sends it again if the database is too busy, as the package does. */
async function reserve(request) {
  for (;;) {
    try {
      return await store.reserve('ab'.repeat(32), request);
    } catch (error) {
      if (!String(error.message).includes('55P03')) throw error;
    }
  }
}

const ORDERS = {
  migrate: () => store.migrate(),
  /** How many of so many reservations at once are admitted, of 50 that fit. */
  reserve: async ({ round, times }) => {
    const windows = [{ spans, slots: 1, limitNanoUsd: 5e9 }];
    const subjects = [{ root: 'c0ffee', key: round.toString(16), windows }];
    const answers = await Promise.all(
      Array.from({ length: times }, (_, index) =>
        reserve({
          id: `${process.pid}-${round}-${index}`,
          nanoUsd: 1e8,
          leaseMs: 3_600_000,
          subjects,
          note: '',
        }),
      ),
    );
    return answers.filter(({ status }) => status === 'admitted').length;
  },
  end: () => pool.end(),
};

process.on('message', ({ name, ...rest }) => {
  ORDERS[name](rest).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: String(error) }),
  );
});
process.send({});
