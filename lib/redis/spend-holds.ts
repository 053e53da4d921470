import type { SpendHold, SpendPlace } from '../contracts/spend-store.js';
import { ENDED_KEPT_MS, GIVEN_UP_KEPT_MS } from '../spend-limits/model/hold-table.js';
import { distinctPlaces } from '../spend-limits/windows/picked-window.js';
import { listOf, textOf, wholeNumber } from './redis-answers.js';
import type { RedisScript } from './redis-script.js';
import type { RunScript } from './script-runner.js';
import { placeLines, placesIn } from './spend-arguments.js';
import {
  COMMIT,
  EXPIRE,
  EXTEND,
  FORGET,
  GIVE_UP,
  LOOK,
  PROBE,
  RELEASE,
  WITHDRAW,
} from './spend-hold-scripts.js';
import type { SpendKeys } from './spend-keys.js';

type Argument = string | number;

/** What is kept of a hold that has not ended. */
export interface KeptHold {
  readonly state: string;
  readonly hold: SpendHold;
  readonly admittedAt: number;
  readonly claims: number;
  readonly lastRoot: string;
}

/** What is known of an id. */
export interface ProbedHold {
  readonly state: string;
  /** What it was billed; 0 if it is not settled. */
  readonly billNanoUsd: number;
}

/** Commands to holds, in the homes in which they are kept. */
export class SpendHolds {
  readonly #run: RunScript;
  readonly #keys: SpendKeys;

  constructor(run: RunScript, keys: SpendKeys) {
    this.#run = run;
    this.#keys = keys;
  }

  /** Carries out a command in every home of a hold. Returns the last one's answer. */
  async inAll<T>(hold: SpendHold, command: (home: string) => Promise<T>): Promise<T | undefined> {
    const homes = this.#keys.homesOf(hold.places.map(({ root }) => root));
    const answers = await Promise.all(homes.map(command));
    return answers.at(-1);
  }

  /** Extends a hold. Returns when it now expires, or `undefined` if it is over. */
  async extend(
    account: string,
    home: string,
    hold: SpendHold,
    leaseMs: number,
    generationId = hold.generationId,
  ): Promise<number | undefined> {
    const answer = await this.#step(EXTEND, account, home, hold, [leaseMs, generationId ?? ''], (places) => [
      hold.note,
      places.at(-1)?.root ?? '',
    ]);
    return answer === '' ? undefined : wholeNumber(answer);
  }

  async commit(account: string, home: string, hold: SpendHold, nanoUsd: number): Promise<void> {
    await this.#step(COMMIT, account, home, hold, [nanoUsd, ENDED_KEPT_MS]);
  }

  /** Books an amount without a hold, under an id that is apart from those of holds. */
  async adjust(account: string, home: string, hold: SpendHold, nanoUsd: number): Promise<void> {
    const key = this.#keys.adjustment(account, home, hold.id);
    await this.#step(COMMIT, account, home, hold, [nanoUsd, ENDED_KEPT_MS], () => [], key);
  }

  async release(account: string, home: string, hold: SpendHold): Promise<void> {
    await this.#step(RELEASE, account, home, hold, ['', ENDED_KEPT_MS]);
  }

  /** Takes a reservation back as if it had never been made. */
  async withdraw(account: string, home: string, hold: SpendHold): Promise<void> {
    await this.#step(WITHDRAW, account, home, hold, ['', '']);
  }

  async giveUp(account: string, home: string, hold: SpendHold): Promise<void> {
    await this.#step(GIVE_UP, account, home, hold, ['', GIVEN_UP_KEPT_MS]);
  }

  /** Makes these holds unsettled, if their lease has ended. */
  async expire(account: string, home: string, ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const kept = await this.look(account, home, id);
        if (kept === undefined) {
          await this.forget(account, home, id);
        } else {
          await this.#step(EXPIRE, account, home, kept.hold, ['', '']);
        }
      }),
    );
  }

  /** Releases a hold of which only the id is known for sure, or makes sure that it does not come into being. */
  async cancel(account: string, home: string, id: string): Promise<void> {
    // First of all nobody can reserve under the id any more. Places do not change, so that there is time to look.
    const { state } = await this.probe(account, home, id);
    const kept = state === 'unknown' ? undefined : await this.look(account, home, id);
    if (kept !== undefined) {
      await this.release(account, home, kept.hold);
    }
  }

  /** Asks whether an id is known. One that is not stays unknown: nobody can reserve under it any more. */
  async probe(account: string, home: string, id: string): Promise<ProbedHold> {
    const key = this.#keys.holds(account, home).hold(id);
    const [state, bill] = listOf(await this.#run(PROBE, [key], [ENDED_KEPT_MS]));
    return { state: textOf(state), billNanoUsd: wholeNumber(bill === '' ? 0 : bill) };
  }

  /**
   * Reads what is kept of a hold; `undefined` if it has ended.
   *
   * @param isClaim - Counts a claim of an unsettled one.
   */
  async look(account: string, home: string, id: string, isClaim = false): Promise<KeptHold | undefined> {
    const key = this.#keys.holds(account, home).hold(id);
    const answer = listOf(await this.#run(LOOK, [key], [isClaim ? 1 : 0]));
    const [state, nanoUsd, admittedAt, note, places, lastRoot, generationId, claims] = answer;
    return state === undefined
      ? undefined
      : {
          state: textOf(state),
          hold: {
            id,
            nanoUsd: wholeNumber(nanoUsd),
            places: placesIn(textOf(places)),
            note: textOf(note),
            ...(generationId === '' ? {} : { generationId: textOf(generationId) }),
          },
          admittedAt: wholeNumber(admittedAt),
          claims: wholeNumber(claims),
          lastRoot: textOf(lastRoot),
        };
  }

  /** Forgets an id that is no longer kept. */
  async forget(account: string, home: string, id: string): Promise<void> {
    const { open, lost } = this.#keys.holds(account, home);
    await this.#run(FORGET, [open, lost], [id]);
  }

  /**
   * Counts in the places that are kept where the hold is known, since the caller may have had to make them up.
   *
   * @param own - The two arguments of the command.
   * @param last - Arguments between those of the spans and the places, by the places.
   */
  async #step(
    script: RedisScript,
    account: string,
    home: string,
    hold: SpendHold,
    own: readonly [Argument, Argument],
    last: (places: readonly SpendPlace[]) => readonly Argument[] = () => [],
    key?: string,
  ): Promise<unknown> {
    const { open, lost, hold: keyOf } = this.#keys.holds(account, home);
    const isHere = ({ root }: SpendPlace): boolean => this.#keys.isIn(home, root);
    const run = (places: readonly SpendPlace[]): Promise<unknown> => {
      const here = places.filter(isHere);
      return this.#run(
        script,
        [key ?? keyOf(hold.id), open, lost, ...here.map((place) => this.#keys.span(account, place))],
        [
          hold.id,
          hold.nanoUsd,
          ...own,
          ...here.flatMap(({ slot, keepUntil }) => [slot, keepUntil ?? '']),
          ...last(places),
          placeLines(places),
        ],
      );
    };
    const given = distinctPlaces(hold.places);
    const answer = await run(given);
    if (!Array.isArray(answer)) {
      return answer;
    }
    const kept = placesIn(textOf(listOf(answer)[0])).filter(isHere);
    const others = given.filter((place) => !isHere(place));
    // The last root stays the last one, since that is the one which gives the hold to a caller.
    const isLast = given.slice(-1).some(isHere);
    const again = await run(isLast ? [...others, ...kept] : [...kept, ...others]);
    if (Array.isArray(again)) {
      throw new Error('Redis has lost the hold meanwhile.');
    }
    return again;
  }
}
