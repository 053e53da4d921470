import { kindOfStatus } from '../error-kind.js';
import { statusOfWord } from './error-vocabulary.js';

/** Every status that an error tells, directly or in words. */
export interface ToldStatuses {
  /** That of HTTP; `undefined` inside a success and a stream. */
  readonly http: number | undefined;
  /** Those that the error names itself, the nearest to it first. */
  readonly codes: readonly number[];
  /** The words that name the error, the most exact first. */
  readonly words: readonly string[];
  /** Whether the error was quoted by another one, whose own status says less. */
  readonly isQuoted: boolean;
}

/** Statuses that say what they mean; the others, such as 400 and 500, only say whose fault it is. */
const EXACT: readonly number[] = [401, 402, 403, 404, 408, 409, 410, 412, 413, 422, 429, 504, 524, 529];

/** A word that says that no word was found. */
const NO_WORD = 'unmapped';

/** The status that counts: an exact one over a vague one, that of HTTP over that of a code, and a word over vague ones. */
export function weighStatus({ http, codes, words, isQuoted }: ToldStatuses): number | undefined {
  const statuses = (isQuoted ? [...codes, http] : [http, ...codes]).filter((status) => status !== undefined);
  const told = statuses.find((status) => !isVague(status)) ?? statuses[0];
  const word = words.find((candidate) => statusOfWord(candidate) !== undefined);
  const meant = statusOfWord(word);
  if (told === undefined || meant === undefined) {
    return told ?? meant;
  }
  return word !== NO_WORD && isLessExact(told, meant) ? meant : told;
}

/** Whether a status only says that a request has failed, and on whose side. */
export function isVague(status: number): boolean {
  return status >= 400 && !EXACT.includes(status);
}

function isLessExact(told: number, meant: number): boolean {
  // A provider that is not there may be told as 404.
  return kindOfStatus(told) !== kindOfStatus(meant) && (isVague(told) || (told === 404 && meant > 500));
}
