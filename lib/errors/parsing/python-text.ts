/** The beginning of an object in the form of Python's `str`, which gateways put into their messages. */
const BEGINS = /\{\s{0,8}'/;

const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null' };
const TOKEN = /'((?:[^'\\]|\\[^]|\\$)*)('|$)|"((?:[^"\\]|\\[^]|\\$)*)("|$)|\b(?:True|False|None)\b/g;
/** The escapes that JSON has as well. */
const OF_JSON = /["\\/bfnrtu]/;
const ESCAPES = /\\(?:x([0-9a-f]{2})|([^]))|"/gi;

/** The first object that Python has written into a string, as JSON; `undefined` if there is none. */
export function jsonOfPython(text: string): string | undefined {
  const from = BEGINS.exec(text)?.index;
  return from === undefined
    ? undefined
    : text
        .slice(from)
        .replace(TOKEN, (token, single?: string, singleEnd?: string, double?: string, doubleEnd?: string) =>
          single !== undefined
            ? jsonString(single, singleEnd)
            : double !== undefined
              ? jsonString(double, doubleEnd)
              : (WORDS[token] ?? token),
        );
}

/** An unterminated string stays unterminated, so that nothing is invented. */
function jsonString(inner: string, end: string | undefined): string {
  const written = inner.replace(ESCAPES, (escape, hex?: string, character?: string) => {
    if (hex !== undefined) return `\\u00${hex}`;
    if (character === undefined) return '\\"';
    return OF_JSON.test(character) ? escape : character;
  });
  return `"${written}${end === '' ? '' : '"'}`;
}
