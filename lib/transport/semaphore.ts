import { AsyncResource } from 'node:async_hooks';

/** Gives a place back, or leaves the queue. Safe to call more than once. */
export type Leave = () => void;

/** Admits a limited number of entrants at a time. The others wait and are admitted in the order of their arrival. */
export class Semaphore {
  readonly #queue = new Set<() => void>();
  #freePlaces: number;

  constructor(places: number) {
    this.#freePlaces = places;
  }

  /**
   * Calls `begin` as soon as there is a place: synchronously if one is free, and always in the async context of the
   * caller of `enter`.
   *
   * @param begin - Receives the function that gives the place back. Must not throw.
   */
  enter(begin: (leave: Leave) => void): Leave {
    let isAdmitted = false;
    const admit = (): void => {
      isAdmitted = true;
      begin(leave);
    };
    let waiter = admit;
    const leave = (): void => {
      if (isAdmitted) {
        isAdmitted = false;
        this.#handOn();
      } else {
        this.#queue.delete(waiter);
      }
    };
    if (this.#freePlaces > 0) {
      this.#freePlaces -= 1;
      admit();
    } else {
      waiter = AsyncResource.bind(admit);
      this.#queue.add(waiter);
    }
    return leave;
  }

  #handOn(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#freePlaces += 1;
    } else {
      this.#queue.delete(next);
      next();
    }
  }
}
