import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../async/clock.js';
import type { Generation } from '../../generations/generation.models.js';
import type { GenerationsService } from '../../generations/generations.service.js';
import { GENERATION_ID_PATTERN, isMatching } from '../../wire/identifiers.js';

/** The maximum number of requests of `/generation` at a time. */
const MAX_AT_ONCE = 4;

/** The maximum number of generations that wait for their next try. */
const MAX_WAITING = 10_000;

/** The steps of the ladder up to this delay are worth waiting for. */
const SHORT_STEP_MS = 15_000;

/** The longest pause between two tries during a shutdown. */
const MAX_HURRIED_DELAY_MS = 1_000;

/** Something whose cost `/generation` knows. */
export interface LookedUp {
  readonly generationId: string | undefined;
  /** When its answer ended, by the monotonic clock. */
  readonly endedAt: number;
}

export interface GenerationLookupsParts<T extends LookedUp> {
  readonly generations: Pick<GenerationsService, 'get'>;
  /** The ladder: when `/generation` is asked, in milliseconds since the end of the answer, ascending. */
  readonly delaysMs: readonly number[];
  readonly clock: Clock;
  readonly onFound: (subject: T, generation: Generation) => void;
  /** The last try has failed, there was no room to wait, or the account was closed. */
  readonly onGivenUp: (subject: T) => void;
  /** Called when {@link GenerationLookups.isQuiet} may have become true. */
  readonly onQuiet: () => void;
  /** Called the first time that there is no room to wait. */
  readonly onOverflow: (maxWaiting: number) => void;
  /** @defaultValue `10000` */
  readonly maxWaiting?: number;
}

/** A generation that is looked up. */
interface Lookup<T> {
  readonly subject: T;
  /** The step of the ladder that is due next, or under way. */
  step: number;
  dueAt: number;
}

/**
 * Asks `GET /generation` for the costs that answers did not state: at most four requests at a time, and one timer for
 * all generations.
 *
 * The ladder of delays takes the place of retries, so each request is sent once. Every failure leads to the next step: a
 * 404 means that OpenRouter does not know the generation yet, and anything else may pass. Each delay counts from the end
 * of the answer, so a slow request does not put off the later ones; a step that has become due in the meantime follows at
 * once.
 */
export class GenerationLookups<T extends LookedUp> {
  readonly #parts: GenerationLookupsParts<T>;
  readonly #maxWaiting: number;
  readonly #closing = new AbortController();
  /** A timer that a request has started would keep the context of that request in memory. */
  readonly #inOwnContext = AsyncLocalStorage.snapshot();
  /** In the order in which they are due. */
  #waiting: Lookup<T>[] = [];
  readonly #underWay = new Set<Lookup<T>>();
  /** How many are at a step that is worth waiting for. */
  #soon = 0;
  #timer: NodeJS.Timeout | undefined;
  #isHurried = false;
  #hasOverflowed = false;

  constructor(parts: GenerationLookupsParts<T>) {
    this.#parts = parts;
    this.#maxWaiting = parts.maxWaiting ?? MAX_WAITING;
  }

  /** What is being looked up, from the earliest to the latest. */
  get open(): readonly T[] {
    return [...this.#underWay, ...this.#waiting]
      .map(({ subject }) => subject)
      .sort((one, other) => one.endedAt - other.endedAt);
  }

  /** Whether nothing is at a step of up to 15 seconds; once hurried, whether nothing is looked up. */
  get isQuiet(): boolean {
    return this.#soon === 0;
  }

  /** Whether nothing is looked up. */
  get isEmpty(): boolean {
    return this.#waiting.length + this.#underWay.size === 0;
  }

  /** Whether `/generation` can be asked for something. */
  canAsk({ generationId }: T): boolean {
    return this.#parts.delaysMs.length > 0 && isMatching(generationId, GENERATION_ID_PATTERN);
  }

  /** Looks a generation up, unless it is being looked up. */
  add(subject: T): void {
    if (this.#closing.signal.aborted || !this.canAsk(subject)) {
      this.#parts.onGivenUp(subject);
      return;
    }
    if (this.#lookupOf(subject) !== undefined) {
      return;
    }
    const firstMs = this.#parts.delaysMs[0] ?? 0;
    const lookup = { subject, step: 0, dueAt: subject.endedAt + firstMs };
    this.#soon += Number(this.#isShort(lookup));
    this.#wait(lookup);
    if (this.#waiting.length > this.#maxWaiting) {
      this.#makeRoom();
    }
    this.#run();
  }

  /** Asks no longer for something whose cost has become known otherwise. */
  drop(subject: T): void {
    const lookup = this.#lookupOf(subject);
    if (lookup === undefined) {
      return;
    }
    this.#underWay.delete(lookup);
    this.#waiting = this.#waiting.filter((other) => other !== lookup);
    this.#soon -= Number(this.#isShort(lookup));
    if (this.isQuiet) {
      this.#parts.onQuiet();
    }
    this.#run();
  }

  /**
   * Asks for everything at once, and then every second or more often until {@link GenerationLookups.close}. From now on,
   * everything is worth waiting for.
   */
  hurry(): void {
    this.#isHurried = true;
    this.#soon = this.#waiting.length + this.#underWay.size;
    const now = this.#parts.clock.now();
    for (const lookup of this.#waiting) {
      lookup.dueAt = Math.min(lookup.dueAt, now);
    }
    this.#run();
  }

  /** Ends every request, and gives up what is open. */
  close(): void {
    const { open } = this;
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#underWay.clear();
    this.#soon = 0;
    for (const subject of open) {
      this.#parts.onGivenUp(subject);
    }
  }

  /** Before a shutdown, nothing is looked up that may still be told, or be added again. */
  #lookupOf(subject: T): Lookup<T> | undefined {
    return this.#isHurried
      ? [...this.#underWay, ...this.#waiting].find((lookup) => lookup.subject === subject)
      : undefined;
  }

  #isShort({ step }: Lookup<T>): boolean {
    return this.#isHurried || (this.#parts.delaysMs[step] ?? Infinity) <= SHORT_STEP_MS;
  }

  #wait(lookup: Lookup<T>): void {
    const place = this.#waiting.findLastIndex(({ dueAt }) => dueAt <= lookup.dueAt) + 1;
    this.#waiting.splice(place, 0, lookup);
  }

  #makeRoom(): void {
    if (!this.#hasOverflowed) {
      this.#hasOverflowed = true;
      this.#parts.onOverflow(this.#maxWaiting);
    }
    const oldest = this.#waiting.reduce((one, other) =>
      other.subject.endedAt < one.subject.endedAt ? other : one,
    );
    this.#waiting.splice(this.#waiting.indexOf(oldest), 1);
    this.#giveUp(oldest);
  }

  #run(): void {
    clearTimeout(this.#timer);
    const now = this.#parts.clock.now();
    const free = MAX_AT_ONCE - this.#underWay.size;
    const due = this.#waiting.slice(0, free).filter(({ dueAt }) => dueAt <= now);
    this.#waiting.splice(0, due.length);
    for (const lookup of due) {
      this.#ask(lookup);
    }
    const [first] = this.#waiting;
    if (first !== undefined && this.#underWay.size < MAX_AT_ONCE) {
      this.#inOwnContext(() => {
        this.#timer = setTimeout(() => this.#run(), first.dueAt - now).unref();
      });
    }
  }

  #ask(lookup: Lookup<T>): void {
    this.#underWay.add(lookup);
    const { generations } = this.#parts;
    const { signal } = this.#closing;
    const id = lookup.subject.generationId ?? '';
    this.#inOwnContext(async () => generations.get(id, { retry: false, signal })).then(
      (generation) => this.#answered(lookup, generation),
      () => this.#answered(lookup, undefined),
    );
  }

  #answered(lookup: Lookup<T>, generation: Generation | undefined): void {
    if (!this.#underWay.delete(lookup)) {
      return;
    }
    if (generation === undefined) {
      this.#climb(lookup);
    } else {
      this.#soon -= Number(this.#isShort(lookup));
      this.#parts.onFound(lookup.subject, generation);
    }
    if (this.isQuiet) {
      this.#parts.onQuiet();
    }
    this.#run();
  }

  /** Waits for the next try of a generation that was not found. */
  #climb(lookup: Lookup<T>): void {
    const { clock, delaysMs } = this.#parts;
    if (this.#isHurried) {
      lookup.dueAt = clock.now() + Math.min(delaysMs[0] ?? 0, MAX_HURRIED_DELAY_MS);
      this.#wait(lookup);
      return;
    }
    const wasShort = Number(this.#isShort(lookup));
    const nextMs = delaysMs[lookup.step + 1];
    if (nextMs === undefined) {
      this.#giveUp(lookup);
      return;
    }
    lookup.step += 1;
    lookup.dueAt = lookup.subject.endedAt + nextMs;
    this.#soon += Number(this.#isShort(lookup)) - wasShort;
    this.#wait(lookup);
  }

  #giveUp(lookup: Lookup<T>): void {
    this.#soon -= Number(this.#isShort(lookup));
    this.#parts.onGivenUp(lookup.subject);
  }
}
