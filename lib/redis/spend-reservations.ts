import type {
  SpendAdmission,
  SpendBooked,
  SpendFigures,
  SpendHold,
  SpendNoWindow,
  SpendPlace,
  SpendReport,
  SpendRequest,
  SpendSubject,
} from '../contracts/spend-store.js';
import { distinctPlaces } from '../spend-limits/windows/picked-window.js';
import { listOf, textOf, wholeNumber } from './redis-answers.js';
import type { RunScript } from './script-runner.js';
import { placeLines, placesIn, toldFigures, windowArguments } from './spend-arguments.js';
import { SpendClock } from './spend-clock.js';
import type { SpendHolds } from './spend-holds.js';
import type { SpendKeys } from './spend-keys.js';
import type { SpendRoots } from './spend-roots.js';
import { RESERVE, RESTORE, USAGE } from './spend-window-scripts.js';

/** The subjects of a call that one script reads, with their numbers in the call. */
interface Part {
  readonly home: string;
  readonly numbers: readonly number[];
  readonly subjects: readonly SpendSubject[];
}

type Figures = readonly SpendFigures[];
type Subjects = readonly SpendSubject[];
type Answer = readonly unknown[];

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
  readonly #clock = new SpendClock();

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
      const naming = this.#roots.name(account, part.home, request.leaseMs);
      const reserving = this.#reserveIn(account, request, part, places, figures);
      // Both are on their way at once, so that naming the root costs no time.
      admission = naming === undefined ? await reserving : (await Promise.all([reserving, naming]))[0];
      if (admission.status !== 'admitted') {
        // What cannot be taken back is released once its lease has ended.
        await Promise.allSettled(taken.map(({ home, hold }) => this.#holds.withdraw(account, home, hold)));
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
      const { answer, asked } = await this.#readIn(account, part);
      now = wholeNumber(answer[1]);
      if (answer[0] === 'no-window') {
        return { report: { status: 'no-window', now }, places: [] };
      }
      const told = toldFigures(asked, answer, 3);
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
      const sums = part.numbers.flatMap((number) =>
        (subjects[number]?.windows ?? []).map(
          (_, window) => settledNanoUsd[number]?.[window] ?? Number.MIN_SAFE_INTEGER,
        ),
      );
      const {
        answer: [status, now],
      } = await this.#ask(part, (near) => {
        const { keys, args } = windowArguments(this.#keys, account, near);
        return this.#run(RESTORE, keys, [sums.join(' '), ...args]);
      });
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
    const { open, hold: keyOf } = this.#keys.holds(account, part.home);
    const own = [id, nanoUsd, leaseMs, note, placeLines(before), subjects.at(-1)?.root ?? ''];
    const { answer, asked } = await this.#ask(part, (near) => {
      const { keys, args } = windowArguments(this.#keys, account, near);
      return this.#run(RESERVE, [keyOf(id), open, ...keys], [...own, ...args]);
    });
    const [status, time, third] = answer;
    const now = wholeNumber(time);
    if (status === 'ended' || status === 'no-window') {
      return { status, now };
    }
    const isKnown = status === 'known';
    const read = toldFigures(asked, answer, isKnown ? 7 : 3);
    read.figures.forEach((list, index) => {
      figures[part.numbers[index] ?? 0] = list;
    });
    if (status === 'refused') {
      return { status, ...windowAt(part, wholeNumber(third)), now, figures };
    }
    const hold = isKnown
      ? knownHold(id, answer.slice(3))
      : { id, nanoUsd, places: [...before, ...distinctPlaces(read.places)], note };
    return { status: 'admitted', hold, expiresAt: wholeNumber(third), now, figures };
  }

  async #readIn(account: string, part: Part): Promise<{ readonly answer: Answer; readonly asked: Subjects }> {
    const { open } = this.#keys.holds(account, part.home);
    for (let sweeps = 0; ; sweeps += 1) {
      const read = await this.#ask(part, (near) => {
        const { keys, args } = windowArguments(this.#keys, account, near);
        return this.#run(USAGE, [open, ...keys], [SWEPT, ...args]);
      });
      const { answer } = read;
      const due = answer[0] === 'done' ? listOf(answer[2]).map(textOf) : [];
      if (due.length === 0 || sweeps === MAX_SWEEPS) {
        return read;
      }
      await this.#holds.expire(account, part.home, due);
    }
  }

  /** Asks with the spans that are likely to be the present ones, and with all where Redis finds none of them. */
  async #ask(
    { subjects }: Part,
    ask: (subjects: Subjects) => Promise<unknown>,
  ): Promise<{ readonly answer: Answer; readonly asked: Subjects }> {
    let asked = this.#clock.nearby(subjects);
    let answer = listOf(await ask(asked));
    if (answer[0] === 'no-window' && asked !== subjects) {
      asked = subjects;
      answer = listOf(await ask(asked));
    }
    this.#clock.note(wholeNumber(answer[1]));
    return { answer, asked };
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

/** The hold of a repeated reservation. */
function knownHold(id: string, [nanoUsd, note, places, generationId]: Answer): SpendHold {
  return {
    id,
    nanoUsd: wholeNumber(nanoUsd),
    places: placesIn(textOf(places)),
    note: textOf(note),
    ...(generationId === '' ? {} : { generationId: textOf(generationId) }),
  };
}
