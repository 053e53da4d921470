import { types } from 'node:util';
import { isObject, peek, nonBlankString } from '../../untrusted/peek.js';
import { type TransportVerdict, transportVerdictOf } from '../transport-verdict.js';
import { sourceOfAnswer } from './answer-source.js';
import { type ErrorAnswer, messageIn } from './error-message.js';
import { type ErrorContent, parseErrorText } from './error-text.js';
import { headerReader, type HeaderReader } from './header-reader.js';
import { bareErrorIn, errorInContent, isThrown, quotedErrorIn, type WireError } from './wire-error.js';

/** An error of another client, read by its shape alone. */
export interface ForeignError {
  /** The answer; without a status and content if there was none. */
  readonly answer: ErrorAnswer;
  /** Whether an error in OpenRouter's form was found in it. */
  readonly hasEnvelope: boolean;
  readonly fault: TransportVerdict | undefined;
  /** The error's own message. */
  readonly message: string | undefined;
}

/**
 * Where `@openrouter/sdk`, the AI SDK, gaxios and superagent keep the body of an answer: first as a string, then
 * parsed, and last what did not pass the client's own validation.
 */
const BODIES = ['body', 'responseBody', 'data', 'text', 'rawValue', 'value'] as const;
/** Where errors keep the error that they wrap: any error, GraphQL, the AI SDK, settled promises. */
const LINKS = ['cause', 'originalError', 'lastError', 'reason'] as const;

const MAX_LINKED_ERRORS = 16;
const MAX_AGGREGATED = 4;
const MAX_BODY_BYTES = 262_144;

/** An error and everything that it wraps, the outermost first. The length is bounded, even for circular chains. */
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
  // In axios the body is `response.data`; in an exception of Nest it is `response` itself.
  const bodies = [error, response].flatMap((owner) => BODIES.map((name) => readable(peek(owner, name))));
  const message = nonBlankString(error) ?? nonBlankString(peek(error, 'message'));
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
      // Without a body, the error's own message is all that is known of the answer.
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

/** An error in an envelope says more than one without, wherever it was found. */
function wireErrorIn(contents: readonly ErrorContent[], error: unknown): WireError | undefined {
  for (const find of [errorInContent, bareErrorIn]) {
    for (const { content } of contents) {
      const found = find(content);
      if (found !== undefined) {
        return found;
      }
    }
  }
  // `@anthropic-ai/sdk` and others keep the whole body there, as a string or parsed.
  const inner = contentOf(peek(error, 'error')).content;
  return isThrown(inner) ? undefined : errorInContent(inner);
}

/** Code that calls fetch by hand often puts the body into the message of the error that it throws. */
function quotedIn(
  error: unknown,
  text: string | undefined,
  message: string | undefined,
): WireError | undefined {
  const said = typeof error === 'string' ? error : isThrown(error) ? message : undefined;
  return quotedErrorIn(text ?? '') ?? quotedErrorIn(said ?? '');
}

/** The body as a string if a client keeps its bytes. */
function readable(body: unknown): unknown {
  if (!types.isUint8Array(body) && !types.isArrayBuffer(body)) {
    return body;
  }
  try {
    const bytes = types.isArrayBuffer(body) ? new Uint8Array(body) : body;
    return new TextDecoder().decode(bytes.subarray(0, MAX_BODY_BYTES));
  } catch {
    // The bytes were transferred to another thread.
    return undefined;
  }
}

function contentOf(body: unknown): ErrorContent {
  return typeof body === 'string' ? parseErrorText(body) : { content: body, isCut: false };
}

function linksOf(error: unknown): object[] {
  const errors = peek(error, 'errors');
  const several: unknown[] = Array.isArray(errors) ? errors.slice(0, MAX_AGGREGATED) : [];
  // Nest's `RpcException` keeps the error that it wraps in `error`, where an answer has a plain object.
  const inner = peek(error, 'error');
  return [...LINKS.map((name) => peek(error, name)), ...several, isThrown(inner) ? inner : undefined].filter(
    isObject,
  );
}

/** The status of a failed answer; an error inside a success has its own. */
function statusOf(owner: unknown): number | undefined {
  return [peek(owner, 'status'), peek(owner, 'statusCode')].find(
    (status) => typeof status === 'number' && Number.isInteger(status) && status >= 300 && status <= 599,
  ) as number | undefined;
}

function firstOf(headers: readonly unknown[]): HeaderReader {
  const readers = headers.map(headerReader);
  return (name) => readers.map((read) => read(name)).find((value) => value !== undefined);
}
