/** What stands in the place of a secret in every text that leaves this package. */
export const REDACTED = '[redacted]';

/** A short text is no secret, and replacing it wherever it occurs would garble messages. */
const SHORTEST_SECRET = 4;

/** What begins or ends a secret is taken for a part of it from this length on, and for chance below. */
const SHORTEST_PART = 16;

/** A longer secret, such as a cookie, has too many parts to look for. */
const LONGEST_WITH_PARTS = 128;

// Masked labels (`sk-or-v1-0e6...1c96`) are what OpenRouter itself shows, so they stay readable: the run after the
// prefix has to be longer than theirs.
const KEY_SHAPED = /sk-or-(?:v\d+-)?[A-Za-z0-9_-]{8,}/gi;
const BEARER_SHAPED = /\b(bearer)\s+[^\s"',;]+/gi;

/** Replaces secrets in a text. */
export type Scrub = (text: string) => string;

/** Replaces everything shaped like a key or a bearer token. */
export const scrubShapes: Scrub = (text) =>
  text.replace(KEY_SHAPED, REDACTED).replace(BEARER_SHAPED, `$1 ${REDACTED}`);

/**
 * Builds a scrubber of the secrets in use, in the spellings in which a server may echo them (as sent, in other case,
 * cut off, URL-encoded, base64), and of everything shaped like a key.
 */
export function createScrub(secrets: readonly string[]): Scrub {
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  if (known.length === 0) {
    return scrubShapes;
  }
  // The longest first, since the first that fits is taken.
  const echoes = known.flatMap(echoesOf).sort((a, b) => b.length - a.length);
  const pattern = new RegExp([...new Set(echoes)].map(escapeRegExp).join('|'), 'gi');
  return (text) => scrubShapes(text.replace(pattern, REDACTED));
}

function echoesOf(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  const header = Buffer.from(`Bearer ${secret}`).toString('base64');
  return [secret, encodeURIComponent(secret), base64, base64.replace(/=+$/, ''), header, ...partsOf(secret)];
}

function partsOf(secret: string): string[] {
  const parts: string[] = [];
  if (secret.length <= LONGEST_WITH_PARTS) {
    for (let length = SHORTEST_PART; length < secret.length; length += 1) {
      parts.push(secret.slice(0, length), secret.slice(-length));
    }
  }
  return parts;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
