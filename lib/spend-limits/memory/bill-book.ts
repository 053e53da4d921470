import { BILLS_KEPT, learnedBill } from '../model/learned-bill.js';

/** Of how many names bills are kept: more than an application has models. */
const NAMES_KEPT = 1_000;

/** The latest bills of an account, by name. */
export class BillBook {
  readonly #bills = new Map<string, number[]>();

  add(name: string, nanoUsd: number): void {
    const bills = this.#bills.get(name) ?? [];
    bills.push(nanoUsd);
    if (bills.length > BILLS_KEPT) {
      bills.shift();
    }
    // The map is in the order of last use.
    this.#bills.delete(name);
    this.#bills.set(name, bills);
    if (this.#bills.size > NAMES_KEPT) {
      const [oldest = ''] = this.#bills.keys();
      this.#bills.delete(oldest);
    }
  }

  learned(name: string): number | undefined {
    return learnedBill(this.#bills.get(name) ?? []);
  }
}
