/** What of a text is to be looked at, and where in the text it stands. */
export interface BareText {
  readonly text: string;
  /** Where in the original a character of `text` stands. */
  at(index: number): number;
}

/** A part of a text: where it begins, and where it has ended. */
export type Range = readonly [start: number, end: number];

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

// Controls, format characters, lone surrogates, marks that are laid over other characters, blanks other than the
// ordinary one, and whatever else is drawn as nothing.
const SEEN = /[^\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\uFFFD]+| +/gu;
const SEEN_OR_WHITE_SPACE = /[^\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\uFFFD]+|\s+/gu;

/**
 * A text without the characters that nobody sees: a secret with some of them in between is still one to whoever copies
 * it.
 *
 * @param keepsWhiteSpace - Whether line breaks and the like stay, since words end there.
 */
export function bareText(text: string, keepsWhiteSpace: boolean): BareText {
  if (PRINTABLE_ASCII.test(text)) {
    return { text, at: (index) => index };
  }
  const places = new Uint32Array(text.length);
  let length = 0;
  let bare = '';
  for (const { 0: seen, index } of text.matchAll(keepsWhiteSpace ? SEEN_OR_WHITE_SPACE : SEEN)) {
    bare += seen;
    for (let offset = 0; offset < seen.length; offset += 1) {
      places[length + offset] = index + offset;
    }
    length += seen.length;
  }
  return { text: bare, at: (index) => places[index] ?? text.length };
}

/** Puts a text in the place of each range; of ranges that overlap, in the place of all of them together. */
export function replaceRanges(
  original: string,
  { at }: Pick<BareText, 'at'>,
  ranges: readonly Range[],
  replacement: string,
): string {
  let replaced = '';
  let done = 0;
  for (const [start, end] of merged(ranges)) {
    const from = at(start);
    replaced += original.slice(done, from) + replacement;
    done = at(end - 1) + 1;
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
