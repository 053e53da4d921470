import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';

const WAYS_TO_INSPECT = {
  'inspect of getters': { showHidden: true, getters: true, maxStringLength: null },
  'plain inspect': { showHidden: true, getters: true, customInspect: false },
};

/** Every text in which a secret could stand in what is observable of a value, by where it stands. */
export function observableTexts(value: unknown): Map<string, string> {
  const texts = new Map<string, string>();
  const add = (where: string, read: () => unknown): void => {
    try {
      const text = read();
      if (typeof text === 'string') texts.set(where, text);
    } catch {
      // What cannot be shown shows nothing.
    }
  };
  const show = (name: string, subject: unknown): void => {
    add(`${name}: String`, () => String(subject));
    add(`${name}: inspect`, () => inspect(subject));
    for (const [kind, options] of Object.entries(WAYS_TO_INSPECT)) {
      let shallow = '';
      add(`${name}: ${kind}`, () => (shallow = inspect(subject, { ...options, depth: 4 })));
      // Of what is much larger, `inspect` shows nothing at all, after a long time.
      if (shallow.length < 100_000) {
        add(`${name}: deep ${kind}`, () => inspect(subject, { ...options, depth: Infinity }));
      }
    }
    add(`${name}: format`, () => format('%s %o %O %j', subject, subject, subject, subject));
    add(`${name}: JSON`, () => JSON.stringify(subject));
    add(`${name}: spread`, () => JSON.stringify({ ...(subject as object) }));
    add(`${name}: v8`, () => serialize(subject).toString('latin1'));
    add(`${name}: clone`, () => inspect(structuredClone(subject), { depth: Infinity, showHidden: true }));
    walk(subject, name, texts, new Set());
  };
  show('value', value);
  let cause: unknown = Reflect.get(Object(value) as object, 'cause');
  for (let depth = 1; cause !== undefined && cause !== null && depth < 10; depth += 1) {
    show(`cause ${depth}`, cause);
    cause = Reflect.get(Object(cause) as object, 'cause');
  }
  return texts;
}

/** Own properties, hidden ones and symbols included, and the getters of prototypes; all the way down. */
function walk(value: unknown, path: string, texts: Map<string, string>, seen: Set<unknown>): void {
  if (typeof value === 'string') {
    texts.set(path, value);
    return;
  }
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) {
    return;
  }
  seen.add(value);
  for (let owner: unknown = value; isWorthAWalk(owner); owner = Object.getPrototypeOf(owner)) {
    for (const name of Reflect.ownKeys(owner)) {
      // Calling a SecretString's way out is not a leak.
      const step = `${path}.${String(name)}`;
      texts.set(`${step} (name)`, String(name));
      try {
        walk(Reflect.get(owner, name, value), step, texts, seen);
      } catch {
        // A getter that throws shows nothing.
      }
    }
  }
}

function isWorthAWalk(owner: unknown): owner is object {
  return (
    ((typeof owner === 'object' && owner !== null) || typeof owner === 'function') &&
    owner !== Object.prototype &&
    owner !== Function.prototype &&
    owner !== Error.prototype
  );
}

/** The spellings of a secret that give it away: as it is, encoded, and its two ends. */
export function spellingsOf(secret: string): string[] {
  const bare = secret.replace(/^sk-or-v1-/, '');
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(bare.slice(0, 12)).toString('base64'),
    Buffer.from(secret).toString('hex'),
    bare.slice(0, 12),
    bare.slice(-12),
  ];
}

/** Where and how secrets show in a value; empty if they do not. */
export function leaksIn(value: unknown, secrets: readonly string[]): string[] {
  const found: string[] = [];
  const spellings = secrets.map(spellingsOf);
  for (const [where, text] of observableTexts(value)) {
    for (const candidates of spellings) {
      const spelling = candidates.findIndex((candidate) => text.includes(candidate));
      if (spelling !== -1) found.push(`${where} (spelling ${spelling})`);
    }
  }
  return found;
}
