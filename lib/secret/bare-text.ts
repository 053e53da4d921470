/** The visible part of a text, with the position of each character in the original. */
export interface BareText {
  readonly text: string;
  /** Start of a character of `text`, as an index of the original. */
  at(index: number): number;
  /** End of a character of `text`, exclusive, as an index of the original. */
  after(index: number): number;
}

/** A part of a text; `end` is exclusive. */
export type Range = readonly [start: number, end: number];

const LAST_CODE_POINT = 0x10ffff;

const VISIBLE_ASCII = /^[!-~]$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

// Skips control and format characters, lone surrogates, combining marks, spaces other than the ordinary one, and
// everything else that is drawn as nothing.
const SEEN = /[^\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\uFFFD]+| +/gu;
const SEEN_OR_WHITE_SPACE = /[^\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\uFFFD]+|\s+/gu;

/** Escapes of JSON, programming languages and HTML, and the colour codes of terminals. */
const ESCAPE =
  /\\{1,8}u([0-9a-f]{4})|\\{1,8}x([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|\\{1,8}[0nrtbfv]|\p{Cc}\[[\d;]{0,16}[a-z]/giu;
const MAY_HAVE_ESCAPES = /[\\\p{Cc}]|&#/u;

/**
 * Removes invisible characters and resolves escapes. A secret interrupted by them is still a secret to whoever copies
 * it.
 *
 * @param keepsWhiteSpace - Whether line breaks and other white space stay, because they separate words.
 */
export function bareText(text: string, keepsWhiteSpace: boolean): BareText {
  const hasEscapes = MAY_HAVE_ESCAPES.test(text);
  if (!hasEscapes && PRINTABLE_ASCII.test(text)) {
    return { text, at: (index) => index, after: (index) => index + 1 };
  }
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  let length = 0;
  let bare = '';
  const seenIn = keepsWhiteSpace ? SEEN_OR_WHITE_SPACE : SEEN;
  const takePlain = (from: number, to: number): void => {
    for (const { 0: seen, index } of text.slice(from, to).matchAll(seenIn)) {
      bare += seen;
      for (let offset = 0; offset < seen.length; offset += 1) {
        starts[length] = from + index + offset;
        ends[length] = from + index + offset + 1;
        length += 1;
      }
    }
  };
  let done = 0;
  for (const { 0: escape, 1: u, 2: x, 3: hex, 4: decimal, index } of hasEscapes
    ? text.matchAll(ESCAPE)
    : []) {
    takePlain(done, index);
    done = index + escape.length;
    const digits = u ?? x ?? hex;
    const code = digits === undefined ? Number(decimal ?? 0) : Number.parseInt(digits, 16);
    const isBlank = /^\\+[nrt]$/.test(escape);
    const meant = isBlank ? '\n' : String.fromCodePoint(Math.min(code, LAST_CODE_POINT));
    if (!VISIBLE_ASCII.test(meant) && meant.search(seenIn) === -1) {
      continue;
    }
    bare += meant;
    starts.fill(index, length, length + meant.length);
    ends.fill(done, length, length + meant.length);
    length += meant.length;
  }
  takePlain(done, text.length);
  return {
    text: bare,
    at: (index) => (index < length ? (starts[index] ?? text.length) : text.length),
    after: (index) => (index < length ? (ends[index] ?? text.length) : text.length),
  };
}

/** Replaces each range. Overlapping ranges are replaced once, together. */
export function replaceRanges(
  original: string,
  { at, after }: Pick<BareText, 'at' | 'after'>,
  ranges: readonly Range[],
  replacement: string,
): string {
  let replaced = '';
  let done = 0;
  for (const [start, end] of merged(ranges)) {
    const from = at(start);
    replaced += original.slice(done, from) + replacement;
    done = Math.max(done, after(end - 1));
  }
  return replaced + original.slice(done);
}

function merged(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const last = all.at(-1);
    if (last !== undefined && range[0] < last[1]) {
      all[all.length - 1] = [last[0], Math.max(last[1], range[1])];
    } else {
      all.push(range);
    }
  }
  return all;
}
