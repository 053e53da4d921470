import type { SpendScope } from '../../contracts/completion-cost.js';
import { isRecord } from '../../untrusted/is-record.js';
import { tryParseJson } from '../../untrusted/json.js';

/** The longest note that a store takes. */
const MAX_LENGTH = 4_000;

/** For whom a hold is, so that another process can announce its cost. */
export interface HoldNote {
  readonly scope?: SpendScope | undefined;
  readonly model?: string | undefined;
  /** The id of a reservation that the application has chosen. The store keeps the hold under another one. */
  readonly reservationId?: string | undefined;
}

/** A note as the store keeps it. A scope that is too long is left out. */
export function noteText({ scope, model, reservationId }: HoldNote): string {
  const text = JSON.stringify({ scope, model, reservationId });
  return text.length <= MAX_LENGTH ? text : JSON.stringify({ model, reservationId });
}

/** What a note says; anybody may have written it. */
export function readNote(text: string): HoldNote {
  const note = tryParseJson(text);
  if (!isRecord(note)) {
    return {};
  }
  const { scope, model, reservationId } = note;
  return {
    ...(isRecord(scope) && { scope: stringsOf(scope) }),
    ...(typeof model === 'string' && { model }),
    ...(typeof reservationId === 'string' && { reservationId }),
  };
}

function stringsOf(members: Readonly<Record<string, unknown>>): SpendScope {
  const strings = Object.entries(members).filter(
    (member): member is [string, string] => typeof member[1] === 'string',
  );
  // A name such as `constructor` is one of a scope like any other.
  return Object.freeze(
    Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(strings)),
  );
}
