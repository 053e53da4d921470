const SETTERS = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));

/** Inherits nothing: a descriptor with somebody's getter is refused. */
const REFUSING = Object.assign(Object.create(null) as PropertyDescriptor, { value: refuse });

/** A date for many eyes: whoever tries to change it gets a `TypeError`. `Object.freeze` alone leaves its setters. */
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
