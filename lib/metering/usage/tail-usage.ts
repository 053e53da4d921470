import { isRecord } from '../../untrusted/is-record.js';
import { tryParseJson } from '../../untrusted/json.js';

const NAME = '"usage"';
/** How many places that look like a usage are tried, from the last on. */
const MAX_TRIES = 8;

/**
 * The members at the end of a JSON object, from its `usage` on; `undefined` if that is not in the given part.
 *
 * What follows the name to the end of the answer is an object of its own once a brace is put before it. That proves that
 * the name is a member of the outermost object: in a nested one a brace would be left over, and in a string no raw
 * quotation mark can be.
 *
 * @param end - The last part of the JSON.
 */
export function membersFromUsage(end: string): Readonly<Record<string, unknown>> | undefined {
  let at = end.lastIndexOf(NAME);
  for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries += 1) {
    const members = tryParseJson(`{${end.slice(at)}`);
    if (isRecord(members)) {
      return members;
    }
    at = at === 0 ? -1 : end.lastIndexOf(NAME, at - 1);
  }
  return undefined;
}
