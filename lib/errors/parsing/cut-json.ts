import { UNCERTAIN_END } from '../../untrusted/bounded-text.js';
import { tryParseJson } from '../../untrusted/json.js';

/** Where a text of JSON has come to. */
interface Position {
  /** What has still to be closed, the outermost first. */
  readonly open: string[];
  /** The end of the last whole value, or the beginning of the last object or list that has begun. */
  safe: number;
  /** Where the string begins that has not ended. */
  string: number | undefined;
  /** Whether that string is the name of a member. */
  isName: boolean;
  /** The end of the whole value, once it has ended. */
  end: number | undefined;
}

/** The first JSON object in a text, such as the answer that a gateway quotes in a message of its own. */
export function jsonObjectIn(text: string): unknown {
  const from = text.indexOf('{');
  return from === -1 ? undefined : parseFrom(text.slice(from));
}

/** What a JSON object that was cut off says up to there; `undefined` for a text that is none. */
export function parseCutJson(text: string): unknown {
  return /^\uFEFF?\s{0,64}\{/.test(text) ? jsonObjectIn(text) : undefined;
}

function parseFrom(text: string): unknown {
  const position = positionAtEnd(text);
  return tryParseJson(position.end === undefined ? closed(text, position) : text.slice(0, position.end));
}

function positionAtEnd(text: string): Position {
  const position: Position = { open: [], safe: 0, string: undefined, isName: false, end: undefined };
  let mayBeName = false;
  for (let at = 0; at < text.length && position.end === undefined; at += 1) {
    const character = text[at];
    if (position.string !== undefined) {
      if (character === '\\') at += 1;
      else if (character === '"') endString(position, at);
    } else if (character === '"') {
      position.string = at;
      position.isName = mayBeName && position.open.at(-1) === '}';
    } else if (character === '{' || character === '[') {
      position.open.push(character === '{' ? '}' : ']');
      position.safe = at + 1;
      mayBeName = true;
    } else if (character === '}' || character === ']') {
      position.open.pop();
      position.safe = at + 1;
      if (position.open.length === 0) position.end = at + 1;
    } else if (character === ',') {
      position.safe = at;
      mayBeName = true;
    } else if (character === ':') {
      mayBeName = false;
    }
  }
  return position;
}

function endString(position: Position, at: number): void {
  position.string = undefined;
  if (!position.isName) position.safe = at + 1;
}

function closed(text: string, { open, safe, string, isName }: Position): string {
  const whole =
    string === undefined || isName ? text.slice(0, safe) : text.slice(0, string) + cutString(text, string);
  return whole + open.toReversed().join('');
}

/** A string that was cut off, without the end in which half of a secret may stand. */
function cutString(text: string, from: number): string {
  const to = Math.max(from + 1, text.length - UNCERTAIN_END);
  let at = from + 1;
  while (at < to) {
    const isEscape = text[at] === '\\';
    const length = !isEscape ? 1 : text[at + 1] === 'u' ? 6 : 2;
    if (at + length > to) break;
    at += length;
  }
  return `${text.slice(from, at)}"`;
}
