/** What stands in the place of a secret in every text that leaves this package. */
export const REDACTED = '[redacted]';

/**
 * A short text is no secret, and replacing it wherever it occurs would garble messages.
 */
const SHORTEST_SECRET = 4;

// Masked labels (`sk-or-v1-0e6...1c96`) are what OpenRouter itself shows, so they stay readable: the run after the
// prefix has to be longer than theirs.
const KEY_SHAPED = /sk-or-(?:v\d+-)?[A-Za-z0-9_-]{8,}/g;
const BEARER_SHAPED = /\b(bearer)\s+[^\s"',;]+/gi;

/** Replaces secrets in a text. */
export type Scrub = (text: string) => string;

/** Replaces everything shaped like a key or a bearer token. */
export const scrubShapes: Scrub = (text) =>
  text.replace(KEY_SHAPED, REDACTED).replace(BEARER_SHAPED, `$1 ${REDACTED}`);

/**
 * Builds a scrubber of the secrets in use, in the spellings in which a server may echo them (as sent, URL-encoded,
 * base64), and of everything shaped like a key.
 */
export function createScrub(secrets: readonly string[]): Scrub {
  const spellings = [
    ...new Set(
      secrets
        .filter((secret) => secret.length >= SHORTEST_SECRET)
        .flatMap((secret) => {
          const base64 = Buffer.from(secret).toString('base64');
          const header = Buffer.from(`Bearer ${secret}`).toString('base64');
          return [secret, encodeURIComponent(secret), base64, base64.replace(/=+$/, ''), header];
        }),
    ),
  ].sort((a, b) => b.length - a.length);
  return (text) => {
    let scrubbed = text;
    for (const spelling of spellings) {
      scrubbed = scrubbed.replaceAll(spelling, REDACTED);
    }
    return scrubShapes(scrubbed);
  };
}
