import type { SpendStore } from '../../../lib/contracts/spend-store.js';

/** The members of arguments and answers that are moments. */
const MOMENTS = ['admittedAt', 'expiresAt', 'from', 'keepUntil', 'now', 'to'];

/** A store whose clock is ahead of that of another one, by a time that may change. */
export function shiftedStore(inner: SpendStore, aheadMs: () => number): SpendStore {
  return new Proxy(inner, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') {
        return member;
      }
      return async (...args: unknown[]): Promise<unknown> => {
        const ms = aheadMs();
        const answer: unknown = await Reflect.apply(member, target, moved(args, -ms) as unknown[]);
        // `extend` answers with a moment.
        return typeof answer === 'number' && name === 'extend' ? answer + ms : moved(answer, ms);
      };
    },
  });
}

function moved(value: unknown, byMs: number): unknown {
  if (Array.isArray(value)) {
    return value.map((one) => moved(one, byMs));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      MOMENTS.includes(name) && typeof member === 'number' ? member + byMs : moved(member, byMs),
    ]),
  );
}
