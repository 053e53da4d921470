import { UNCERTAIN_END } from '../../untrusted/bounded-text.js';
import { tryParseJson } from '../../untrusted/json.js';

/** A position in a string of JSON. */
interface Position {
  /** The brackets that are still to be closed, the outermost first. */
  readonly open: string[];
  /** The end of the last complete value, or the beginning of the last object or list. */
  safe: number;
  /** The beginning of an unterminated string. */
  string: number | undefined;
  /** Whether that string is the name of a member. */
  isName: boolean;
  /** The end of the outermost value, once it is complete. */
  end: number | undefined;
}

/** The first JSON object in a string, such as an answer that a gateway quotes in its own message. */
export function jsonObjectIn(text: string): unknown {
  const from = text.indexOf('{');
  return from === -1 ? undefined : parseFrom(text.slice(from));
}

/** Parses an incomplete JSON object up to its cut; `undefined` if the string does not begin with an object. */
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

/** An incomplete string without its end, which may be half of a secret. */
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
