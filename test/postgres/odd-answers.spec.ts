import { describe, expect, it } from '@jest/globals';
import { OpenRouterSpendStoreException, type SpendStore, type SpendSubject } from '../../lib/index.js';
import { type PostgresSpendResult, PostgresSpendStore } from '../../lib/postgres/index.js';
import { SCHEMA_VERSION } from '../../lib/postgres/spend-schema.js';
import { failureOf } from '../support/failures.js';
import { sleep, until } from '../support/waiting.js';

const HOUR = 3_600_000;
const ROLLING = {
  slots: 24,
  limitNanoUsd: 10,
  spans: [0, 24, 48].map((hour) => ({
    id: `day ${hour}`,
    from: hour * HOUR,
    to: (hour + 24) * HOUR,
    keepUntil: null,
  })),
};
const SUBJECTS: readonly SpendSubject[] = [{ root: 'aa', key: 'bb', windows: [ROLLING] }];

const FIGURE = { index: 1, slot: 6, settled: 1, held: 2, unsettled: '3' };
const PLACE = { root: 'aa', key: 'bb', spanId: 'day 24', slot: 6, keepUntil: null };
const CLAIM = {
  id: 'h',
  nanoUsd: 5,
  places: [{ ...PLACE, keepUntil: 9 }],
  note: '',
  generationId: 'gen-1',
  admittedAt: 7,
  claims: 1,
};
const ADMITTED = {
  status: 'admitted',
  now: 30 * HOUR,
  nanoUsd: 5,
  places: [PLACE],
  note: '',
  generationId: 'gen-1',
  expiresAt: 31 * HOUR,
  figures: [FIGURE],
};
const REFUSED = { status: 'refused', now: 30 * HOUR, number: 0, figures: [FIGURE] };

/** A store on a database of which every function gives this answer. */
function answering(answer: unknown): SpendStore {
  const rows = (text: string): unknown[] => [
    { answer: text.includes('.version(') ? String(SCHEMA_VERSION) : answer },
  ];
  return new PostgresSpendStore({ query: (text) => Promise.resolve({ rows: rows(text) }) });
}

const reserve = (store: SpendStore): Promise<unknown> =>
  store.reserve('ab', { id: 'h', nanoUsd: 5, leaseMs: 1, note: '', subjects: SUBJECTS });
const claim = (store: SpendStore): Promise<unknown> => store.claim('ab', 1, 1);

/** Every answer that has something else in one of its members, at any depth. */
function* oddOnes(given: unknown, odd: unknown): Generator {
  if (Array.isArray(given)) {
    for (const one of oddOnes(given[0], odd)) yield [one];
  } else if (typeof given === 'object' && given !== null) {
    for (const [name, value] of Object.entries(given)) {
      for (const one of oddOnes(value, odd)) yield { ...given, [name]: one };
    }
  }
  yield odd;
}

describe('an answer of the database', () => {
  it.each<[string, object, (store: SpendStore) => Promise<unknown>, object]>([
    [
      'an admission',
      ADMITTED,
      reserve,
      {
        status: 'admitted',
        hold: { nanoUsd: 5, generationId: 'gen-1', places: [PLACE] },
        figures: [
          [
            {
              spanId: 'day 24',
              from: 6 * HOUR,
              to: 31 * HOUR,
              settledNanoUsd: 1,
              heldNanoUsd: 2,
              unsettledNanoUsd: 3,
            },
          ],
        ],
      },
    ],
    ['a refusal', REFUSED, reserve, { status: 'refused', subject: 0, window: 0 }],
    ['a claim', [CLAIM], claim, [{ hold: { id: 'h', generationId: 'gen-1' }, admittedAt: 7, claims: 1 }]],
  ])('is checked: %s', async (_what, good, call, told) => {
    expect(await call(answering(JSON.stringify(good)))).toMatchObject(told);
    let refused = 0;
    for (const odd of [null, '', 'x', 0.5, true, [], {}]) {
      for (const answer of oddOnes(good, odd)) {
        const outcome = await call(answering(JSON.stringify(answer))).then(
          () => 'taken',
          (error: unknown) => error,
        );
        // Another note is as good.
        if (outcome === 'taken') continue;
        expect(outcome).toBeInstanceOf(OpenRouterSpendStoreException);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(30);
  });

  it.each([undefined, 7, 'no JSON'])('is one, or the call has failed: %s', async (answer) => {
    const failure = await failureOf(reserve(answering(answer)));
    expect(failure).toBeInstanceOf(OpenRouterSpendStoreException);
    expect(failure).toMatchObject({ message: expect.stringContaining('gave no answer') });
  });

  it.each([undefined, null, {}, { rows: 'none' }])('has rows: %j', async (result) => {
    const failure = await failureOf(
      reserve(new PostgresSpendStore({ query: () => Promise.resolve(result as never) })),
    );
    expect(failure).toMatchObject({ message: 'PostgresSpendStore: `query` did not return rows.' });
  });

  it('is not waited for by more than a thousand calls once there was none for a second', async () => {
    const waiting: ((result: PostgresSpendResult) => void)[] = [];
    const answer = { rows: [{ answer: String(SCHEMA_VERSION) }] };
    const store = new PostgresSpendStore({ query: () => new Promise((resolve) => waiting.push(resolve)) });
    const calls = Array.from({ length: 1_000 }, () => claim(store));
    await until(() => waiting.length === 1_000);
    await sleep(1_010);
    const failure = await failureOf(claim(store));
    expect(failure).toMatchObject({ message: 'PostgresSpendStore: PostgreSQL does not answer.' });
    expect(waiting).toHaveLength(1_000);
    for (const resolve of waiting) resolve(answer);
    // Each asks for the version first.
    await until(() => waiting.length === 2_000);
    for (const resolve of waiting) resolve({ rows: [{ answer: '[]' }] });
    expect(await Promise.all(calls)).toEqual(calls.map(() => []));
  });
});

describe('the set-up of a database', () => {
  const GOOD = {
    version: String(SCHEMA_VERSION),
    fsync: 'on',
    commit: 'on',
    encoding: 'UTF8',
    isolation: 'read committed',
  };

  it.each<[string, object, string[]]>([
    ['what a limit needs', {}, []],
    ['no fsync', { fsync: 'off' }, ['fsync']],
    ['no fsync, where there is none', { fsync: 'off', server: 'PostgreSQL 17 (emscripten)' }, []],
    ['commits that do not wait', { commit: 'off' }, ['synchronous_commit']],
    ['another isolation', { isolation: 'serializable' }, ['default_transaction_isolation']],
    ['another encoding', { encoding: 'LATIN1' }, ['UTF8']],
    ['another version', { version: '999' }, ['version 999']],
    ['a version that is none', { version: 'x' }, ['version unknown']],
  ])('is looked at: %s', async (_what, row, wanted) => {
    const query = (): Promise<PostgresSpendResult> => Promise.resolve({ rows: [{ ...GOOD, ...row }] });
    const warnings = await new PostgresSpendStore({ query }).check();
    expect(warnings).toEqual(wanted.map((word) => expect.stringContaining(word)));
  });

  it('is not known where the database says nothing of it', async () => {
    const query = (): Promise<PostgresSpendResult> => Promise.reject(new Error('password'));
    const warnings = await new PostgresSpendStore({ query }).check();
    expect(warnings).toEqual(['PostgresSpendStore: PostgreSQL has failed: it did not answer.']);
  });
});
