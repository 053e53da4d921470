import { kindOfStatus } from '../error-kind.js';
import { statusOfWord } from './error-vocabulary.js';

/** Every status that an error names, as a number or by a word. */
export interface ToldStatuses {
  /** The HTTP status; `undefined` inside a success and a stream. */
  readonly http: number | undefined;
  /** The statuses that the error names, the innermost first. */
  readonly codes: readonly number[];
  /** The words that name the error, the most exact first. */
  readonly words: readonly string[];
  /** Whether another error quotes it; the status of that one says less. */
  readonly isQuoted: boolean;
}

/** The statuses with an exact meaning; the others, such as 400 and 500, only say whose fault it is. */
const EXACT: readonly number[] = [401, 402, 403, 404, 408, 409, 410, 412, 413, 422, 429, 504, 524, 529];

/** OpenRouter's word for an error that it cannot name. */
const NO_WORD = 'unmapped';

/** The deciding status: an exact one before a vague one, HTTP's before the body's, and a word before vague ones. */
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

/** Whether a status only says on whose side a request has failed. */
export function isVague(status: number): boolean {
  return status >= 400 && !EXACT.includes(status);
}

function isLessExact(told: number, meant: number): boolean {
  // A missing provider may be reported as 404.
  return kindOfStatus(told) !== kindOfStatus(meant) && (isVague(told) || (told === 404 && meant > 500));
}
