import { bareText, type Range, replaceRanges } from './bare-text.js';
import { formsOf, insideBase64 } from './secret-forms.js';
import { SharedRuns, SHORTEST_RUN } from './shared-runs.js';

/** What stands in the place of a secret in every text that leaves this package. */
export const REDACTED = '[redacted]';

/** A short text is no secret, and replacing it wherever it occurs would garble messages. */
const SHORTEST_SECRET = 4;

/** Of a longer text only so much is looked at, and given back. */
const LONGEST_TEXT = 65_536;

/** What is cut off may have been the rest of a secret of which too little is left to be recognised. */
const DOUBTFUL_END = 2 * SHORTEST_RUN;

// Masked labels (`sk-or-v1-0e6...1c96`) are what OpenRouter itself shows, so they stay readable: the run after the
// prefix has to be longer than theirs.
const KEY_SHAPED = /sk-or-(?:v\d+-)?[A-Za-z0-9_-]{8,}/gi;
const ENCODED_KEY = new RegExp(
  `(?:${insideBase64(Buffer.from('sk-or-')).join('|')})[A-Za-z0-9+/_-]{8,}={0,2}`,
  'g',
);
const KEY_IN_HEX = /736b2d6f722d[0-9a-f]{16,}/gi;
// Words that people put behind it are no token: `Bearer token is missing`, `Bearer authentication-required`.
const BEARER_SHAPED =
  /(\bbearer\s+)(?!(?:tokens?|auth|authentication|authorization|credentials?|headers?|schemes?|keys?|realm|prefix|is|was|not|or|and|must|required|missing|invalid|expected|format)(?:-[a-z]{1,15})?(?![\w.~+/=-]))[^\s"',;]+/gi;
const BEARER_REDACTED = /\b(bearer)\s+\[redacted\]/gi;

/** Parts with dots in between. The look-behind keeps it from beginning anew at each character of a long part. */
const DOTTED = /(?<![\w-])[\w-]+(?:\.[\w-]+)+/g;
/** How JSON begins in base64url: `{"`. */
const JSON_BEGINS = 'eyJ';
const SHORTEST_JWT_PART = 8;

/** Replaces secrets in a text; of one that is longer than 65 536 characters only the beginning is given back. */
export type Scrub = (text: string) => string;

/** Replaces everything shaped like a key, a bearer token or a JSON web token. */
export const scrubShapes: Scrub = (text) => bounded(text, redactShapes);

/**
 * Builds a scrubber of the secrets in use and of everything shaped like a key. It finds every run of 16 or more
 * characters that a text shares with a secret, in any spelling of {@link formsOf} and in whatever case, also with
 * characters in between that nobody sees; and a shorter secret as a whole.
 */
export function createScrub(secrets: readonly string[]): Scrub {
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  if (known.length === 0) {
    return scrubShapes;
  }
  const forms = [...new Set(known.flatMap(formsOf).map((form) => folded(bareText(form, false).text)))];
  const runs = new SharedRuns(forms);
  const short = forms.filter((form) => form.length >= SHORTEST_SECRET && form.length < SHORTEST_RUN);
  return (text) =>
    bounded(text, (part) => {
      const bare = bareText(part, false);
      const searched = folded(bare.text);
      const found = [...runs.find(searched), ...short.flatMap((form) => occurrences(searched, form))];
      return redactShapes(replaceRanges(part, bare, found, REDACTED));
    });
}

function bounded(text: string, redact: Scrub): string {
  if (text.length <= LONGEST_TEXT) {
    return redact(text);
  }
  const shown = redact(text.slice(0, LONGEST_TEXT));
  const bare = bareText(shown, false);
  return `${shown.slice(0, bare.at(Math.max(0, bare.text.length - DOUBTFUL_END)))}…`;
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

/** Where a pattern matches; what its first group has matched stays. */
function rangesOf(text: string, pattern: RegExp): Range[] {
  return [...text.matchAll(pattern)].map(({ 0: match, 1: kept = '', index }) => [
    index + kept.length,
    index + match.length,
  ]);
}

/** Three parts or more of which the first begins like JSON; or two that both do, where the third was cut off. */
function jwtRanges(text: string): Range[] {
  return [...text.matchAll(DOTTED)].flatMap(({ 0: dotted, index }) => {
    const parts = dotted.split('.');
    let at = 0;
    for (const [number, part] of parts.entries()) {
      const begins = part.indexOf(JSON_BEGINS);
      const [claims = '', signature = ''] = parts.slice(number + 1, number + 3);
      const isSigned = claims !== '' && signature.length >= SHORTEST_JWT_PART;
      const isCut = claims.startsWith(JSON_BEGINS) && claims.length >= SHORTEST_JWT_PART;
      if (begins !== -1 && part.length - begins >= SHORTEST_JWT_PART && (isSigned || isCut)) {
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

/** In lower case, and as long as before: the one letter that would become two is replaced first. */
function folded(text: string): string {
  return text.replaceAll('\u0130', 'i').toLowerCase();
}
