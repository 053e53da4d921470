import { bareText, type Range, replaceRanges } from './bare-text.js';
import { formsOf, insideBase64 } from './secret-forms.js';
import { SharedRuns, MIN_RUN_LENGTH } from './shared-runs.js';

/** Replaces a secret in every string that leaves this package. */
export const REDACTED = '[redacted]';

/** A shorter string is not a secret, and replacing every occurrence of it would garble messages. */
const MIN_SECRET_LENGTH = 4;

/** Longer strings are cut to this length before they are scrubbed. */
const MAX_TEXT_LENGTH = 65_536;

/** The end of a cut string is dropped: it may be the beginning of a secret, too short to be recognised. */
const UNSAFE_TAIL_LENGTH = 2 * MIN_RUN_LENGTH;

// OpenRouter itself shows masked labels (`sk-or-v1-0e6...1c96`). They stay readable, so the run after the prefix must
// be longer than theirs.
const KEY_SHAPED = /sk-or-(?:v\d+-)?[A-Za-z0-9_-]{8,}/gi;
const ENCODED_KEY = new RegExp(
  `(?:${insideBase64(Buffer.from('sk-or-')).join('|')})[A-Za-z0-9+/_-]{8,}={0,2}`,
  'g',
);
const KEY_IN_HEX = /736b2d6f722d[0-9a-f]{16,}/gi;
// Ordinary words after `Bearer` are not a token: `Bearer token is missing`, `Bearer authentication-required`.
const BEARER_SHAPED =
  /(\bbearer\s+)(?!(?:tokens?|auth|authentication|authorization|credentials?|headers?|schemes?|keys?|realm|prefix|is|was|not|or|and|must|required|missing|invalid|expected|format)(?:-[a-z]{1,15})?(?![\w.~+/=-]))[^\s"',;]+/gi;
const BEARER_REDACTED = /\b(bearer)\s+\[redacted\]/gi;

/** Parts separated by dots. Without the look-behind, a match would be tried at every character of a long part. */
const DOTTED = /(?<![\w-])[\w-]+(?:\.[\w-]+)+/g;
/** `{"` in base64url: the beginning of JSON. */
const JSON_BEGINS = 'eyJ';
const MIN_JWT_PART_LENGTH = 8;

/** Replaces secrets in a string. Of a string of more than 65 536 characters it returns only the beginning. */
export type Scrub = (text: string) => string;

/** Replaces everything that looks like a key, a bearer token or a JSON Web Token. */
export const scrubShapes: Scrub = (text) => bounded(text, redactShapes);

/**
 * Makes a scrubber for the secrets in use and everything that looks like a key. It finds every run of 16 or more
 * characters that a string shares with a secret, in any spelling of {@link formsOf}, in any case, and with invisible
 * characters in between. A secret of fewer characters is found as a whole.
 */
export function createScrub(secrets: readonly string[]): Scrub {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  if (known.length === 0) {
    return scrubShapes;
  }
  const forms = [...new Set(known.flatMap(formsOf).map((form) => folded(bareText(form, false).text)))];
  const runs = new SharedRuns(forms);
  const short = forms.filter((form) => form.length >= MIN_SECRET_LENGTH && form.length < MIN_RUN_LENGTH);
  return (text) =>
    bounded(text, (part) => {
      const bare = bareText(part, false);
      const searched = folded(bare.text);
      const found = [...runs.find(searched), ...short.flatMap((form) => occurrences(searched, form))];
      return redactShapes(replaceRanges(part, bare, found, REDACTED));
    });
}

function bounded(text: string, redact: Scrub): string {
  if (text.length <= MAX_TEXT_LENGTH) {
    return redact(text);
  }
  const shown = redact(text.slice(0, MAX_TEXT_LENGTH));
  const bare = bareText(shown, false);
  return `${shown.slice(0, bare.at(Math.max(0, bare.text.length - UNSAFE_TAIL_LENGTH)))}…`;
}

function redactShapes(text: string): string {
  const bare = bareText(text, true);
  const found = [
    ...rangesOf(bare.text, KEY_SHAPED),
    ...rangesOf(bare.text, ENCODED_KEY),
    ...rangesOf(bare.text, KEY_IN_HEX),
    ...rangesOf(bare.text, BEARER_SHAPED),
    ...jwtRanges(bare.text),
  ];
  return replaceRanges(text, bare, found, REDACTED).replace(BEARER_REDACTED, `$1 ${REDACTED}`);
}

/** The matches of a pattern, each without its first group, which stays readable. */
function rangesOf(text: string, pattern: RegExp): Range[] {
  return [...text.matchAll(pattern)].map(({ 0: match, 1: kept = '', index }) => [
    index + kept.length,
    index + match.length,
  ]);
}

/** Three or more parts, the first beginning like JSON; or two that both begin so, the third being cut off. */
function jwtRanges(text: string): Range[] {
  return [...text.matchAll(DOTTED)].flatMap(({ 0: dotted, index }) => {
    const parts = dotted.split('.');
    let at = 0;
    for (const [number, part] of parts.entries()) {
      const begins = part.indexOf(JSON_BEGINS);
      const [claims = '', signature = ''] = parts.slice(number + 1, number + 3);
      const isSigned = claims !== '' && signature.length >= MIN_JWT_PART_LENGTH;
      const isCut = claims.startsWith(JSON_BEGINS) && claims.length >= MIN_JWT_PART_LENGTH;
      if (begins !== -1 && part.length - begins >= MIN_JWT_PART_LENGTH && (isSigned || isCut)) {
        return [[index + at + begins, index + dotted.length] as const];
      }
      at += part.length + 1;
    }
    return [];
  });
}

function occurrences(text: string, part: string): Range[] {
  const found: Range[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) {
    found.push([at, at + part.length]);
  }
  return found;
}

/** Lower case without a change of length: the one letter whose lower case has two characters is replaced first. */
function folded(text: string): string {
  return text.replaceAll('\u0130', 'i').toLowerCase();
}
