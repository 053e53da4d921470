const SETTERS = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));

/** Inherits nothing: with a getter from a polluted `Object.prototype`, the descriptor would be refused. */
const REFUSING = Object.assign(Object.create(null) as PropertyDescriptor, { value: refuse });

/** A date that can be shared: its setters throw a `TypeError`. `Object.freeze` alone would leave them working. */
export function frozenDate(moment: number): Date {
  const date = new Date(moment);
  for (const name of SETTERS) {
    Object.defineProperty(date, name, REFUSING);
  }
  return Object.freeze(date);
}

function refuse(): never {
  throw new TypeError('Others share this date; change a copy of it: new Date(date).');
}
