import { bounded } from '../../untrusted/bounded-text.js';
import { tryParseJson } from '../../untrusted/json.js';
import { isObject, peek, nonBlankString, wireMember } from '../../untrusted/peek.js';
import { jsonObjectIn } from './cut-json.js';
import { parseErrorText } from './error-text.js';
import { isEnvelopeType, isErrorType, statusOfWord, typeOfIncompleteness } from './error-vocabulary.js';
import { eventsFromEnd } from './event-stream.js';
import { jsonOfPython } from './python-text.js';
import { isRelayed } from './relayed-error.js';

/** An error in OpenRouter's form, found in an answer, an event or a chunk. */
export interface WireError {
  /** The error itself, then the errors that quote it, from the inside out. */
  readonly errors: readonly object[];
  /** What contains the errors, from the inside out: a body, an event, a choice. */
  readonly around: readonly object[];
  /** Whether another answer quotes it as a string; the status of that one says less. */
  readonly isQuoted: boolean;
}

/** An error may be quoted in the message of another one, which is quoted again. */
const MAX_DEPTH = 6;
/** A completion is never quoted more deeply. */
const MAX_CHOICE_DEPTH = 2;
const MAX_CHOICES = 8;
const THREE_DIGITS = /^\d{3}$/;
const PAGE = /^\s{0,64}</;

/**
 * Finds the error in content of any kind that OpenRouter sends: an error answer, a success, a chunk of a stream, an
 * event of the Responses or the Messages API.
 */
export function errorInContent(content: unknown): WireError | undefined {
  return errorIn(content, 0);
}

/** Finds the error in content that is an error without an envelope. */
export function bareErrorIn(content: unknown): WireError | undefined {
  return isBareError(content) ? quoting(content, [], 0) : undefined;
}

/** Finds an error that is quoted anywhere in a string: a message, a stream, a line of a gateway. */
export function quotedErrorIn(text: string): WireError | undefined {
  // A page may contain anything.
  return PAGE.test(text) ? undefined : (errorOfStream(text) ?? quotedIn(text, 0));
}

/** The last error in a whole stream. */
function errorOfStream(text: string): WireError | undefined {
  for (const data of eventsFromEnd(text)) {
    const found = errorIn(tryParseJson(data), 0);
    if (found !== undefined) {
      return { ...found, isQuoted: true };
    }
  }
  return undefined;
}

/** A status from 400 to 599, as a number, or as a string as some gateways send it. */
export function errorStatusOf(value: unknown): number | undefined {
  const status = typeof value === 'string' && THREE_DIGITS.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599
    ? status
    : undefined;
}

/** Whether a value is a thrown error rather than one that was sent. */
export function isThrown(value: unknown): boolean {
  return typeof peek(value, 'stack') === 'string';
}

function errorIn(content: unknown, depth: number): WireError | undefined {
  if (depth === MAX_DEPTH) {
    return undefined;
  }
  if (typeof content === 'string') {
    return errorIn(parseErrorText(content).content, depth + 1);
  }
  if (!isObject(content) || Array.isArray(content)) {
    return undefined;
  }
  return (
    namedErrorIn(content, depth) ??
    errorOfChoice(content, depth) ??
    standingIn(errorIn(peek(content, 'response'), depth + 1), content) ??
    errorOfIncompleteness(content) ??
    errorOfEvent(content, depth)
  );
}

/** `{ error: … }`, which may contain a whole body again. */
function namedErrorIn(content: object, depth: number): WireError | undefined {
  const error = peek(content, 'error');
  if (typeof error === 'string') {
    return standingIn(quotedIn(error, depth), content);
  }
  if (!isObject(error) || Array.isArray(error) || isThrown(error)) {
    return undefined;
  }
  return (
    standingIn(errorIn(error, depth + 1), content) ??
    (isError(error) ? quoting(error, [content], depth) : undefined)
  );
}

function errorOfChoice(content: object, depth: number): WireError | undefined {
  const choices = peek(content, 'choices');
  if (!Array.isArray(choices) || depth > MAX_CHOICE_DEPTH) {
    return undefined;
  }
  for (const choice of choices.slice(0, MAX_CHOICES) as unknown[]) {
    const found = isObject(choice) ? (namedErrorIn(choice, depth) ?? errorOfType(choice, depth)) : undefined;
    if (found !== undefined) {
      return standingIn(found, content);
    }
  }
  return undefined;
}

/** A response of the Responses API that ended early has a reason instead of an error. */
function errorOfIncompleteness(content: object): WireError | undefined {
  const reason = nonBlankString(peek(wireMember(content, 'incomplete_details'), 'reason'));
  if (reason === undefined) {
    return undefined;
  }
  const type = typeOfIncompleteness(reason);
  const error = { message: `The response is incomplete: ${reason}.`, ...(type && { error_type: type }) };
  return { errors: [error], around: [content], isQuoted: false };
}

/** `{ type: 'error', code, message }`, or a chunk whose only sign of an error is an `error_type`. */
function errorOfEvent(content: object, depth: number): WireError | undefined {
  if (isThrown(content)) {
    return undefined;
  }
  const isEvent = peek(content, 'type') === 'error' && isError(content);
  return isEvent ? quoting(content, [], depth) : errorOfType(content, depth);
}

function errorOfType(content: object, depth: number): WireError | undefined {
  return isErrorType(wireMember(content, 'error_type')) ? quoting(content, [], depth) : undefined;
}

/** An error, with the one that its message quotes: gateways put the whole answer that they got into their message. */
function quoting(error: object, around: readonly object[], depth: number): WireError {
  const message = nonBlankString(peek(error, 'message'));
  // A provider's words are not OpenRouter's, whatever they look like.
  const quoted =
    message === undefined || isRelayed(message, peek(error, 'metadata'))
      ? undefined
      : quotedIn(message, depth);
  return {
    errors: [...(quoted?.errors ?? []), error],
    around: [...(quoted?.around ?? []), ...around],
    isQuoted: quoted !== undefined,
  };
}

function quotedIn(whole: string, depth: number): WireError | undefined {
  const text = bounded(whole);
  if (!text.includes('{') || depth + 1 >= MAX_DEPTH) {
    return undefined;
  }
  const found = objectsIn(text)
    .map(
      (content) =>
        errorIn(content, depth + 1) ?? (isQuotedError(content) ? quoting(content, [], depth + 1) : undefined),
    )
    .find((error) => error !== undefined);
  return found && { ...found, isQuoted: true };
}

/** The first object in a string, in JSON and in Python's notation. */
function objectsIn(text: string): unknown[] {
  const python = jsonOfPython(text);
  return [jsonObjectIn(text), python === undefined ? undefined : jsonObjectIn(python)];
}

function standingIn(found: WireError | undefined, content: object): WireError | undefined {
  return found && { ...found, around: [...found.around, content] };
}

/** Whether the value of a member named `error` says anything. */
function isError(error: object): boolean {
  return (
    nonBlankString(peek(error, 'message')) !== undefined ||
    hasStatus(error) ||
    isObject(peek(error, 'metadata')) ||
    isObject(peek(error, 'availability')) ||
    hasWord(error)
  );
}

/** Whether a value is an error although no member named `error` holds it. */
function isBareError(error: unknown): error is object {
  if (!isObject(error) || Array.isArray(error) || nonBlankString(peek(error, 'message')) === undefined) {
    return false;
  }
  // The errors of other packages have codes and types of their own.
  return hasStatus(error) || (!isThrown(error) && (isObject(peek(error, 'metadata')) || hasBareWord(error)));
}

/** In a string, such as a message with validation issues, a word alone is not enough. */
function isQuotedError(error: unknown): error is object {
  return isBareError(error) && (hasStatus(error) || isObject(peek(error, 'metadata')));
}

function hasStatus(error: object): boolean {
  return [peek(error, 'code'), wireMember(error, 'http_status')].some((code) => errorStatusOf(code));
}

function hasWord(error: object): boolean {
  return [wireMember(error, 'error_type'), peek(error, 'code'), peek(error, 'type')].some(statusOfWord);
}

function hasBareWord(error: object): boolean {
  return (
    isErrorType(wireMember(error, 'error_type')) ||
    statusOfWord(peek(error, 'code')) !== undefined ||
    isEnvelopeType(peek(error, 'type'))
  );
}
