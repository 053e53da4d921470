import type { SpendHold } from '../contracts/spend-store.js';
import type { HoldCommandName } from '../spend-limits/model/hold-table.js';
import { ENDED_KEPT_MS, GIVEN_UP_KEPT_MS } from '../spend-limits/model/hold-table.js';
import { distinctPlaces } from '../spend-limits/windows/picked-window.js';
import { listOf, textOf, wholeNumber } from './redis-answers.js';
import type { RunScript } from './script-runner.js';
import { placeLines, placesIn } from './spend-arguments.js';
import type { SpendKeys } from './spend-keys.js';
import { FORGET, LOOK, STEP } from './spend-scripts.js';

/** What a command brings along. */
export interface StepDetails {
  readonly billNanoUsd?: number;
  readonly leaseMs?: number;
  readonly generationId?: string | undefined;
}

/** A hold after a command. */
export interface HoldStep {
  /** Its state before, and after. */
  readonly before: string;
  readonly after: string;
  readonly expiresAt: number;
  /** What it was billed, once it is settled. */
  readonly billNanoUsd: number | undefined;
}

/** What is kept of a hold that has not ended. */
export interface KeptHold {
  readonly state: string;
  readonly hold: SpendHold;
  readonly admittedAt: number;
  readonly claims: number;
  readonly lastRoot: string;
}

/** Commands to holds, in each home in which a hold is kept. */
export class SpendHolds {
  readonly #run: RunScript;
  readonly #keys: SpendKeys;

  constructor(run: RunScript, keys: SpendKeys) {
    this.#run = run;
    this.#keys = keys;
  }

  /** Carries out a command in every home of a hold. Returns the last one's answer. */
  async stepAll(
    account: string,
    hold: SpendHold,
    command: HoldCommandName,
    details: StepDetails = {},
  ): Promise<HoldStep | undefined> {
    const homes = this.#keys.homesOf(hold.places.map(({ root }) => root));
    const steps = await Promise.all(homes.map((home) => this.step(account, home, hold, command, details)));
    return steps.at(-1);
  }

  async step(
    account: string,
    home: string,
    hold: SpendHold,
    command: HoldCommandName | 'probe' | 'withdraw',
    { billNanoUsd = 0, leaseMs = 0, generationId = hold.generationId }: StepDetails = {},
    key = this.#keys.holds(account, home).hold(hold.id),
  ): Promise<HoldStep> {
    const { open, lost } = this.#keys.holds(account, home);
    const places = distinctPlaces(hold.places);
    const here = places.filter(({ root }) => this.#keys.isIn(home, root));
    const lastRoot = places.at(-1)?.root ?? '';
    const answer = listOf(
      await this.#run(
        STEP,
        [key, open, lost, ...here.map((place) => this.#keys.span(account, place))],
        [
          command,
          hold.id,
          hold.nanoUsd,
          billNanoUsd,
          leaseMs,
          generationId ?? '',
          GIVEN_UP_KEPT_MS,
          ENDED_KEPT_MS,
          hold.note,
          placeLines(places),
          lastRoot,
          ...here.flatMap(({ slot, keepUntil }) => [slot, keepUntil ?? '']),
        ],
      ),
    );
    const [before, after, , expiresAt, bill] = answer;
    return {
      before: textOf(before),
      after: textOf(after),
      expiresAt: wholeNumber(expiresAt),
      billNanoUsd: bill === '' ? undefined : wholeNumber(bill),
    };
  }

  /** Releases a hold of which only the id is known for sure, or makes sure that it does not come into being. */
  async cancel(account: string, home: string, hold: SpendHold): Promise<void> {
    // First of all nobody can reserve under the id any more. Places do not change, so that there is time to look.
    const { before } = await this.step(account, home, hold, 'probe');
    const kept = before === 'unknown' ? undefined : await this.look(account, home, hold.id);
    if (kept !== undefined) {
      await this.step(account, home, kept.hold, 'release');
    }
  }

  /** Makes these holds unsettled, if their lease has ended. */
  async expire(account: string, home: string, ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const kept = await this.look(account, home, id);
        if (kept === undefined) {
          await this.forget(account, home, id);
        } else {
          await this.step(account, home, kept.hold, 'expire');
        }
      }),
    );
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
    // What has ended has neither an amount nor places.
    return typeof state !== 'string' || typeof places !== 'string'
      ? undefined
      : {
          state,
          hold: {
            id,
            nanoUsd: wholeNumber(nanoUsd),
            places: placesIn(places),
            note: textOf(note),
            ...(typeof generationId === 'string' ? { generationId } : {}),
          },
          admittedAt: wholeNumber(admittedAt),
          claims: wholeNumber(claims ?? 0),
          lastRoot: textOf(lastRoot),
        };
  }

  /** Forgets an id that is no longer kept. */
  async forget(account: string, home: string, id: string): Promise<void> {
    const { open, lost } = this.#keys.holds(account, home);
    await this.#run(FORGET, [open, lost], [id]);
  }
}
