import { LATE, within } from '../async/bounded-waits.js';
import type { SpendClaim, SpendHold } from '../contracts/spend-store.js';
import { listOf, textOf, wholeNumber } from './redis-answers.js';
import type { RunScript } from './script-runner.js';
import type { SpendHolds } from './spend-holds.js';
import type { SpendKeys } from './spend-keys.js';
import type { RootPlan, SpendRoots } from './spend-roots.js';
import { CLAIM, DUE, NEXT } from './spend-hold-scripts.js';

/** How many holds whose lease has ended are made unsettled at once. */
const SWEPT = 16;

/** How long the roots are waited for: what was claimed in the others has to reach the caller before it gives up. */
const BOUND_MS = 100;

/** Gives the unsettled holds of dead processes to callers that look up their bills. */
export class SpendClaims {
  readonly #run: RunScript;
  readonly #keys: SpendKeys;
  readonly #holds: SpendHolds;
  readonly #roots: SpendRoots;

  constructor(run: RunScript, keys: SpendKeys, holds: SpendHolds, roots: SpendRoots) {
    this.#run = run;
    this.#keys = keys;
    this.#holds = holds;
    this.#roots = roots;
  }

  /**
   * Claims in one home after the other. One that fails is visited again later.
   *
   * @throws What a home has failed with, if nothing was claimed in the others.
   */
  async claim(account: string, limit: number, claimMs: number): Promise<readonly SpendClaim[]> {
    const claims: SpendClaim[] = [];
    const plans: RootPlan[] = [];
    const failures: unknown[] = [];
    const homes = await this.#roots.visit(account);
    const end = homes.length > 1 ? performance.now() + BOUND_MS : Infinity;
    for (const home of homes) {
      const left = limit - claims.length;
      if (left === 0 || performance.now() > end) {
        plans.push({ root: home, inMs: 0 });
        continue;
      }
      try {
        const found = this.#claimIn(account, home, left, claimMs);
        claims.push(...(homes.length > 1 ? await inTime(found) : await found));
        plans.push({ root: home, inMs: await this.#nextDue(account, home) });
      } catch (error) {
        failures.push(error);
      }
    }
    await this.#roots.plan(account, plans);
    if (claims.length === 0 && failures.length > 0) {
      throw failures[0];
    }
    return claims;
  }

  async #claimIn(
    account: string,
    home: string,
    limit: number,
    claimMs: number,
  ): Promise<readonly SpendClaim[]> {
    const { open, lost } = this.#keys.holds(account, home);
    const due = listOf(await this.#run(DUE, [open], [SWEPT])).map(textOf);
    await this.#holds.expire(account, home, due);
    const ids = listOf(await this.#run(CLAIM, [lost], [limit, claimMs])).map(textOf);
    const claims = await Promise.all(ids.map((id) => this.#claimed(account, home, id)));
    return claims.filter((claim) => claim !== undefined);
  }

  /** In how many milliseconds there is something to do in a home; −1 if it has neither open nor unsettled holds. */
  async #nextDue(account: string, home: string): Promise<number> {
    const { open, lost } = this.#keys.holds(account, home);
    return wholeNumber(await this.#run(NEXT, [open, lost], []));
  }

  async #claimed(account: string, home: string, id: string): Promise<SpendClaim | undefined> {
    const kept = await this.#holds.look(account, home, id, true);
    if (kept === undefined) {
      await this.#holds.forget(account, home, id);
      return undefined;
    }
    const { state, hold, admittedAt, claims, lastRoot } = kept;
    if (state !== 'unsettled') {
      return undefined;
    }
    const isLast = this.#keys.isIn(home, lastRoot);
    return isLast || !(await this.#follow(account, home, hold, lastRoot))
      ? { hold, admittedAt, claims }
      : undefined;
  }

  /**
   * Lets a hold of a cluster become what it is in its last root, the only one that gives it to a caller. If that root does
   * not know it, the process has ended between the two reservations, so that nothing was sent.
   *
   * @returns Whether that is done; not where only the last root has lost it, since a generation is attached.
   */
  async #follow(account: string, home: string, hold: SpendHold, lastRoot: string): Promise<boolean> {
    const { state, billNanoUsd } = await this.#holds.probe(account, lastRoot, hold.id);
    switch (state) {
      case 'settled':
        await this.#holds.commit(account, home, hold, billNanoUsd);
        return true;
      case 'provisional':
        await this.#holds.giveUp(account, home, hold);
        return true;
      case 'held':
      case 'unsettled':
        return true;
      default:
        await this.#holds.release(account, home, hold);
        return hold.generationId === undefined;
    }
  }
}

/** @throws If there is no answer in time. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const found = await within(answer, BOUND_MS, setImmediate);
  if (found === LATE) {
    throw new Error('Redis does not answer.');
  }
  return found;
}
