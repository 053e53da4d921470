import { types } from 'node:util';
import { isObject, peek, textOf } from '../../untrusted/peek.js';
import { type TransportVerdict, transportVerdictOf } from '../transport-verdict.js';
import { sourceOfAnswer } from './answer-source.js';
import { type ErrorAnswer, messageIn } from './error-message.js';
import { type ErrorContent, parseErrorText } from './error-text.js';
import { headerReader, type HeaderReader } from './header-reader.js';
import { bareErrorIn, errorInContent, isThrown, quotedErrorIn, type WireError } from './wire-error.js';

/** What an error of another client says, read from its shape alone. */
export interface ForeignError {
  /** What was answered; without a status and content where nothing was. */
  readonly answer: ErrorAnswer;
  /** Whether an error of OpenRouter's was found in it. */
  readonly hasEnvelope: boolean;
  readonly fault: TransportVerdict | undefined;
  /** The error's own message. */
  readonly message: string | undefined;
}

/**
 * Where clients keep the body of an answer: `@openrouter/sdk`, the AI SDK, gaxios, superagent; the text before what was
 * made of it, and last what did not pass a client's own checks.
 */
const BODIES = ['body', 'responseBody', 'data', 'text', 'rawValue', 'value'] as const;
/** Where wrappers keep what they wrap: every error, GraphQL, the AI SDK, settled promises. */
const LINKS = ['cause', 'originalError', 'lastError', 'reason'] as const;

const MAX_LINKED_ERRORS = 16;
const MAX_AGGREGATED = 4;
/** Of a body in bytes. */
const MAX_BODY_BYTES = 262_144;

/** An error and everything that it wraps, the outermost first; of bounded length, however they go round in circles. */
export function unwrapError(error: unknown): unknown[] {
  const chain = [error];
  for (let at = 0; at < chain.length && chain.length < MAX_LINKED_ERRORS; at += 1) {
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
  const bodies = [error, response].flatMap((owner) => BODIES.map((name) => readable(peek(owner, name))));
  const message = textOf(error) ?? textOf(peek(error, 'message'));
  const contents = [...bodies, error, response].map(contentOf);
  const text = bodies.find((content) => typeof content === 'string');
  const found = wireErrorIn(contents, error) ?? quotedIn(error, text, message);
  const body =
    contents.find(({ content }) => content !== error && messageIn(content) !== undefined) ??
    contents[bodies.indexOf(text ?? NaN)];
  const headers = [error, response].flatMap((owner) => [
    peek(owner, 'headers'),
    peek(owner, 'responseHeaders'),
  ]);
  const status = statusOf(error) ?? statusOf(response);
  const header = firstOf(headers);
  const isRead = found !== undefined || body !== undefined || text !== undefined;
  return {
    answer: {
      status,
      header,
      text,
      // Without a body the error's own message is all that was handed on of the answer's.
      content: body === undefined && message !== undefined ? { message } : body?.content,
      isCut: body?.isCut,
      error: found,
      source: sourceOfAnswer(error, { header, error: found }, isRead),
    },
    hasEnvelope: found !== undefined,
    fault: status === undefined && found === undefined ? transportVerdictOf(error) : undefined,
    message,
  };
}

/** What stands in an envelope says more than an error without one, wherever it stands. */
function wireErrorIn(contents: readonly ErrorContent[], error: unknown): WireError | undefined {
  for (const find of [errorInContent, bareErrorIn]) {
    for (const { content } of contents) {
      const found = find(content);
      if (found !== undefined) {
        return found;
      }
    }
  }
  // `@anthropic-ai/sdk` and others keep there the whole body, as text or parsed.
  const inner = contentOf(peek(error, 'error')).content;
  return isThrown(inner) ? undefined : errorInContent(inner);
}

/** Who calls fetch by hand often puts the body that he got into the message of the error that he throws. */
function quotedIn(
  error: unknown,
  text: string | undefined,
  message: string | undefined,
): WireError | undefined {
  const said = typeof error === 'string' ? error : isThrown(error) ? message : undefined;
  return quotedErrorIn(text ?? '') ?? quotedErrorIn(said ?? '');
}

/** A body as text, where a client keeps its bytes. */
function readable(body: unknown): unknown {
  if (!types.isUint8Array(body) && !types.isArrayBuffer(body)) {
    return body;
  }
  try {
    const bytes = types.isArrayBuffer(body) ? new Uint8Array(body) : body;
    return new TextDecoder().decode(bytes.subarray(0, MAX_BODY_BYTES));
  } catch {
    // The bytes were handed on to another thread.
    return undefined;
  }
}

function contentOf(body: unknown): ErrorContent {
  return typeof body === 'string' ? parseErrorText(body) : { content: body, isCut: false };
}

function linksOf(error: unknown): object[] {
  const errors = peek(error, 'errors');
  const several: unknown[] = Array.isArray(errors) ? errors.slice(0, MAX_AGGREGATED) : [];
  // Where Nest's `RpcException` keeps what it wraps, an answer of the API has what is no error that was thrown.
  const inner = peek(error, 'error');
  return [...LINKS.map((name) => peek(error, name)), ...several, isThrown(inner) ? inner : undefined].filter(
    isObject,
  );
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
