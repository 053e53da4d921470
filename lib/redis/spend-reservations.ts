import type {
  SpendAdmission,
  SpendAdmitted,
  SpendBooked,
  SpendFigures,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendReport,
  SpendRequest,
  SpendSubject,
} from '../contracts/spend-store.js';
import { listOf, textOf, wholeNumber } from './redis-answers.js';
import type { RunScript } from './script-runner.js';
import { placeLines, placesIn, toldFigures, windowArguments } from './spend-arguments.js';
import type { SpendHolds } from './spend-holds.js';
import type { SpendKeys } from './spend-keys.js';
import type { SpendRoots } from './spend-roots.js';
import { RESERVE, RESTORE, USAGE } from './spend-scripts.js';

/** The subjects of a call that one script reads, with their numbers in the call. */
interface Part {
  readonly home: string;
  readonly numbers: readonly number[];
  readonly subjects: readonly SpendSubject[];
}

type Figures = readonly SpendFigures[];

/** What is read of subjects: their figures, and the places in which an amount would be counted now. */
export interface SpendReading {
  readonly report: SpendReport | SpendNoWindow;
  readonly places: readonly SpendPlace[];
}

/** How many ids of holds whose lease has ended a reading asks for, and how often. */
const SWEPT = 16;
const MAX_SWEEPS = 64;

/** The calls that read windows: one script for each home. */
export class SpendReservations {
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

  /** Reserves in one home after the other, and takes it back where a later one refuses. */
  async reserve(account: string, request: SpendRequest): Promise<SpendAdmission> {
    const figures: Figures[] = request.subjects.map(() => []);
    const taken: { readonly home: string; readonly hold: SpendHold }[] = [];
    let admission: SpendAdmission = { status: 'ended', now: 0 };
    let places: readonly SpendPlace[] = [];
    for (const part of this.#partsOf(request.subjects)) {
      // Both are on their way at once, so that naming the root costs no time.
      [admission] = await Promise.all([
        this.#reserveIn(account, request, part, places, figures),
        this.#roots.name(account, part.home, request.leaseMs),
      ]);
      if (admission.status !== 'admitted') {
        // What cannot be taken back is released once its lease has ended.
        await Promise.allSettled(
          taken.map(({ home, hold }) => this.#holds.step(account, home, hold, 'withdraw')),
        );
        break;
      }
      ({ places } = admission.hold);
      taken.push({ home: part.home, hold: admission.hold });
    }
    return admission;
  }

  /** Reads what subjects have spent; holds whose lease has ended are made unsettled before. */
  async read(account: string, subjects: readonly SpendSubject[]): Promise<SpendReading> {
    const figures: Figures[] = subjects.map(() => []);
    const places: SpendPlace[][] = subjects.map(() => []);
    let now = 0;
    for (const part of this.#partsOf(subjects)) {
      const answer = await this.#readIn(account, part);
      now = wholeNumber(answer[1]);
      if (answer[0] === 'no-window') {
        return { report: { status: 'no-window', now }, places: [] };
      }
      const told = toldFigures(part.subjects, answer[2]);
      let next = 0;
      part.numbers.forEach((number, index) => {
        const list = told.figures[index] ?? [];
        figures[number] = list;
        places[number] = told.places.slice(next, next + list.length);
        next += list.length;
      });
    }
    return { report: { status: 'done', now, figures }, places: places.flat() };
  }

  /** Raises sums. */
  async restore(
    account: string,
    subjects: readonly SpendSubject[],
    settledNanoUsd: readonly (readonly number[])[],
  ): Promise<SpendBooked | SpendNoWindow> {
    let booked: SpendBooked | SpendNoWindow = { status: 'no-window', now: 0 };
    for (const part of this.#partsOf(subjects)) {
      const { keys, args } = windowArguments(this.#keys, account, part.subjects);
      const sums = part.numbers.flatMap((number) =>
        (subjects[number]?.windows ?? []).map(
          (_, window) => settledNanoUsd[number]?.[window] ?? Number.MIN_SAFE_INTEGER,
        ),
      );
      const [status, now] = listOf(await this.#run(RESTORE, keys, [sums.join(' '), ...args]));
      booked = { status: status === 'done' ? 'done' : 'no-window', now: wholeNumber(now) };
      if (booked.status === 'no-window') {
        break;
      }
    }
    return booked;
  }

  async #reserveIn(
    account: string,
    { id, nanoUsd, leaseMs, note, subjects }: SpendRequest,
    part: Part,
    before: readonly SpendPlace[],
    figures: Figures[],
  ): Promise<SpendAdmission> {
    const { open, hold } = this.#keys.holds(account, part.home);
    const { keys, args } = windowArguments(this.#keys, account, part.subjects);
    const answer = listOf(
      await this.#run(
        RESERVE,
        [hold(id), open, ...keys],
        [id, nanoUsd, leaseMs, note, placeLines(before), subjects.at(-1)?.root ?? '', ...args],
      ),
    );
    const [status, time, told] = answer;
    const now = wholeNumber(time);
    if (status === 'ended' || status === 'no-window') {
      return { status, now };
    }
    toldFigures(part.subjects, told).figures.forEach((list, index) => {
      figures[part.numbers[index] ?? 0] = list;
    });
    return status === 'refused'
      ? { status, ...windowAt(part, wholeNumber(answer[3])), now, figures }
      : admissionOf(id, now, figures, answer.slice(3));
  }

  async #readIn(account: string, part: Part): Promise<readonly unknown[]> {
    const { open } = this.#keys.holds(account, part.home);
    const { keys, args } = windowArguments(this.#keys, account, part.subjects);
    for (let sweeps = 0; ; sweeps += 1) {
      const answer = listOf(await this.#run(USAGE, [open, ...keys], [SWEPT, ...args]));
      const due = answer[0] === 'done' ? listOf(answer[3]).map(textOf) : [];
      if (due.length === 0 || sweeps === MAX_SWEEPS) {
        return answer;
      }
      await this.#holds.expire(account, part.home, due);
    }
  }

  #partsOf(subjects: readonly SpendSubject[]): readonly Part[] {
    return this.#keys.homesOf(subjects.map(({ root }) => root)).map((home) => {
      const numbers = [...subjects.keys()].filter((number) =>
        this.#keys.isIn(home, subjects[number]?.root ?? ''),
      );
      return { home, numbers, subjects: subjects.filter((_, number) => numbers.includes(number)) };
    });
  }
}

/** The subject and its window that a script counts as the window with this number. */
function windowAt(part: Part, number: number): { readonly subject: number; readonly window: number } {
  const all = part.subjects.flatMap(({ windows }, index) =>
    windows.map((_, window) => ({ subject: part.numbers[index] ?? 0, window })),
  );
  return all[number] ?? { subject: 0, window: 0 };
}

function admissionOf(
  id: string,
  now: number,
  figures: readonly Figures[],
  [nanoUsd, expiresAt, note, places, generationId]: readonly unknown[],
): SpendAdmitted {
  const hold = {
    id,
    nanoUsd: wholeNumber(nanoUsd),
    places: placesIn(textOf(places)),
    note: textOf(note),
    ...(generationId === '' ? {} : { generationId: textOf(generationId) }),
  };
  return { status: 'admitted', hold, expiresAt: wholeNumber(expiresAt), now, figures };
}
