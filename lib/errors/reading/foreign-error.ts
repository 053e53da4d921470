import { type TransportVerdict, transportFaultIn } from '../transport-fault.js';
import { errorStatusOf, statusIn } from './error-answer.js';
import { type ErrorAnswer, messageIn } from './error-message.js';
import { headerReader, type HeaderReader } from './header-reader.js';
import { tryParseJson } from './json.js';
import { isObject, peek, textOf } from './peek.js';

/** What an error of another client says, read from its shape alone. */
export interface ForeignError {
  /** What was answered; without a status and content where nothing was. */
  readonly answer: ErrorAnswer;
  /** Whether the content is OpenRouter's own envelope of an error. */
  readonly hasEnvelope: boolean;
  readonly fault: TransportVerdict | undefined;
  /** The error's own message. */
  readonly message: string | undefined;
}

/** Where clients keep the body of an answer: `@openrouter/sdk`, the AI SDK, gaxios; the text before what was made of it. */
const BODIES = ['body', 'responseBody', 'data'] as const;
/** Where wrappers keep what they wrap: every error, GraphQL, the AI SDK, settled promises. */
const LINKS = ['cause', 'originalError', 'lastError', 'reason'] as const;

const MOST_LINKED = 16;
const MOST_OF_AGGREGATE = 4;

/** An error and everything that it wraps, the outermost first; of bounded length, however they go round in circles. */
export function unwrapError(error: unknown): unknown[] {
  const chain = [error];
  for (let at = 0; at < chain.length && chain.length < MOST_LINKED; at += 1) {
    for (const next of linksOf(chain[at])) {
      if (!chain.includes(next)) {
        chain.push(next);
      }
    }
  }
  return chain;
}

/** Reads one error of another client. Never throws. */
export function readForeignError(error: unknown): ForeignError {
  const response = peek(error, 'response');
  // Of an answer of axios, the body is `response.data`; of an exception of Nest, it is `response` itself.
  const bodies = [error, response].flatMap((owner) => BODIES.map((name) => peek(owner, name)));
  const contents = [...bodies, response, error].map((body) =>
    typeof body === 'string' ? tryParseJson(body) : body,
  );
  const envelope = contents.find(isEnvelope) ?? bareEnvelope(error);
  const body = envelope ?? contents.find((content) => content !== error && messageIn(content) !== undefined);
  const text = bodies.find((content) => typeof content === 'string');
  const message = textOf(error) ?? textOf(peek(error, 'message'));
  const status = statusOf(error) ?? statusOf(response) ?? statusIn(body);
  const headers = [error, response].flatMap((owner) => [
    peek(owner, 'headers'),
    peek(owner, 'responseHeaders'),
  ]);
  return {
    answer: {
      status,
      header: firstOf(headers),
      text,
      // Without a body the error's own message is all that was handed on of the answer's.
      content: body ?? (text === undefined && message !== undefined ? { message } : undefined),
    },
    hasEnvelope: envelope !== undefined,
    fault: status === undefined ? transportFaultIn(error) : undefined,
    message,
  };
}

function linksOf(error: unknown): object[] {
  const errors = peek(error, 'errors');
  const several: unknown[] = Array.isArray(errors) ? errors.slice(0, MOST_OF_AGGREGATE) : [];
  // Where Nest's `RpcException` keeps what it wraps, an answer of the API has what is no error that was thrown.
  const inner = peek(error, 'error');
  return [...LINKS.map((name) => peek(error, name)), ...several, isThrown(inner) ? inner : undefined].filter(
    isObject,
  );
}

function isThrown(value: unknown): boolean {
  return typeof peek(value, 'stack') === 'string';
}

function isEnvelope(content: unknown): boolean {
  const error = peek(content, 'error');
  return (
    isObject(error) &&
    !isThrown(error) &&
    (textOf(peek(error, 'message')) !== undefined ||
      errorStatusOf(peek(error, 'code')) !== undefined ||
      isObject(peek(error, 'metadata')))
  );
}

/** The `error` of an answer that was handed on without what is around it. */
function bareEnvelope(error: unknown): object | undefined {
  const isBare =
    errorStatusOf(peek(error, 'code')) !== undefined && textOf(peek(error, 'message')) !== undefined;
  return isBare ? { error } : undefined;
}

/** A status that is an error: what came inside a success has one of its own. */
function statusOf(owner: unknown): number | undefined {
  return [peek(owner, 'status'), peek(owner, 'statusCode')].find(
    (status) => typeof status === 'number' && Number.isInteger(status) && status >= 300 && status <= 599,
  ) as number | undefined;
}

function firstOf(headers: readonly unknown[]): HeaderReader {
  const readers = headers.map(headerReader);
  return (name) => readers.map((read) => read(name)).find((value) => value !== undefined);
}
