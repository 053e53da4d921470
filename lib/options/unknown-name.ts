import { closest, distance } from 'fastest-levenshtein';

/**
 * The message for a name that is not known, with the one that was probably meant.
 *
 * @param path - The name, preceded by those of the objects above it, for the message.
 */
export function unknownName(path: string, known: readonly string[], name: string = path): string {
  return misspelling(path, known, name) ?? `\`${path}\` is not known; there are ${quoted(known)}`;
}

/** The same message if a known name was probably meant; otherwise `undefined`. */
export function misspelling(path: string, known: readonly string[], name: string = path): string | undefined {
  const nearest = closest(
    name.toLowerCase(),
    known.map((candidate) => candidate.toLowerCase()),
  );
  const meant = known.find((candidate) => candidate.toLowerCase() === nearest);
  const near =
    meant !== undefined && distance(name.toLowerCase(), nearest) <= Math.max(2, meant.length * 0.4);
  return near ? `\`${path}\` is not known; did you mean \`${meant}\`?` : undefined;
}

/** Names as messages list them. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
