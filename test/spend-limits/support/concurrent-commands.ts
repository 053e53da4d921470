import { expect } from '@jest/globals';
import type {
  SpendFigureLists,
  SpendHold,
  SpendStore,
  SpendSubject,
} from '../../../lib/contracts/spend-store.js';

const ACCOUNT = 'ab'.repeat(32);
const HOUR = 3_600_000;

function subjectOf(root: string, key: string, limitNanoUsd: number | null): SpendSubject {
  const spans = [{ id: 'total', from: 0, to: null, keepUntil: null }];
  return { root, key, windows: [{ spans, slots: 1, limitNanoUsd }] };
}

/** Whether exactly half of a hundred reservations at once are admitted, in each of so many rounds. */
export async function admitHalf(store: SpendStore, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const subjects = [subjectOf('c0ffee', round.toString(16), 5e9), subjectOf('e0', 'a1', null)];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        store.reserve(ACCOUNT, { id: `${round}-${index}`, nanoUsd: 1e8, leaseMs: HOUR, subjects, note: '' }),
      ),
    );
    expect(answers.filter(({ status }) => status === 'admitted')).toHaveLength(50);
  }
}

/**
 * Lets clients reserve, extend, attach, settle and release at the same time, with bills of no more than what was held:
 * no figures may ever be above a limit, and in the end they are the sums of the bills.
 *
 * @param stores - Clients of the same data.
 * @param random - From 0 to below 1.
 */
export async function raceWithinLimits(
  stores: readonly SpendStore[],
  steps: number,
  random: () => number,
): Promise<void> {
  const LIMITS = [400, 1_000];
  const tenants = ['a1', 'a2', 'a3'].map((key) => ({ key, billed: 0 }));
  const everything = subjectOf('e0', 'ff', LIMITS[1]!);
  const subjectsOf = (key: string): SpendSubject[] => [subjectOf('c0ffee', key, LIMITS[0]!), everything];
  const upTo = (most: number): number => Math.floor(random() * (most + 1));
  const check = (figures: SpendFigureLists): void => {
    const sums = figures.map(([one]) => one!.settledNanoUsd + one!.heldNanoUsd + one!.unsettledNanoUsd);
    sums.forEach((sum, index) => expect(sum).toBeLessThanOrEqual(LIMITS[index]!));
  };

  let taken = 0;
  const settle = async (store: SpendStore, hold: SpendHold, tenant: { billed: number }): Promise<void> => {
    if (random() < 0.4) await store.release(ACCOUNT, hold);
    else {
      if (random() < 0.5) await store.attach(ACCOUNT, hold, `gen-${hold.id}`, HOUR);
      if (random() < 0.3) await store.extend(ACCOUNT, hold, HOUR);
      const bill = upTo(Math.min(2, hold.nanoUsd));
      tenant.billed += bill;
      // A client may send a bill twice, also at the same time.
      await Promise.all([store.commit(ACCOUNT, hold, bill), store.commit(ACCOUNT, hold, bill)]);
    }
  };
  const work = async (store: SpendStore): Promise<void> => {
    while (taken < steps) {
      taken += 1;
      const id = `hold-${taken}`;
      const tenant = tenants[taken % tenants.length]!;
      const nanoUsd = 1 + upTo(150);
      const request = { id, nanoUsd, leaseMs: HOUR, subjects: subjectsOf(tenant.key), note: '' };
      // A client may send a reservation twice as well. The first one may be refused where the second one fits.
      const answers = await Promise.all([store.reserve(ACCOUNT, request), store.reserve(ACCOUNT, request)]);
      const answer = answers.find(({ status }) => status === 'admitted') ?? answers[0];
      if (answer.status === 'admitted') {
        check(answer.figures);
        await settle(store, answer.hold, tenant);
      }
    }
  };
  await Promise.all(stores.flatMap((store) => [work(store), work(store), work(store), work(store)]));
  for (const { key, billed } of tenants) {
    const report = await stores[0]!.usage(ACCOUNT, subjectsOf(key));
    const [own, all] = report.status === 'done' ? report.figures.flat() : [];
    expect(own).toMatchObject({ settledNanoUsd: billed, heldNanoUsd: 0, unsettledNanoUsd: 0 });
    const total = tenants.reduce((sum, one) => sum + one.billed, 0);
    expect(all).toMatchObject({ settledNanoUsd: total, heldNanoUsd: 0, unsettledNanoUsd: 0 });
  }
}
