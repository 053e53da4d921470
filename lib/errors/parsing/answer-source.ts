import { isObject, peek, nonBlankString, wireMember } from '../../untrusted/peek.js';
import { isOpenRouterHost } from '../openrouter-host.js';
import { isEnvelopeType, isErrorType } from './error-vocabulary.js';
import type { HeaderReader } from './header-reader.js';
import { errorStatusOf, isThrown, type WireError } from './wire-error.js';

/**
 * Whose answer an error reports: OpenRouter's, that of another service, or not known. It matters where a status alone
 * would say something about the account: other services answer with 402 as well.
 */
export type AnswerSource = 'openrouter' | 'elsewhere' | 'unknown';

/** The part of an answer that shows whose it is. */
interface Told {
  readonly header: HeaderReader;
  readonly error?: WireError | undefined;
}

/** The members of OpenRouter's `error`; that of other APIs has more, such as a `type`. */
const MEMBERS: readonly string[] = [
  'code',
  'message',
  'metadata',
  'error_type',
  'http_status',
  'availability',
];
/** Members of `error.metadata` that no other API is known to have. */
const METADATA: readonly string[] = ['limit_source', 'provider_name', 'is_byok', 'remedy_hint', 'error_type'];
/** A `Proxy` may have an endless chain of them. */
const MAX_PROTOTYPES = 16;
/** OpenRouter's messages about money link to its own pages. */
const OWN_ADDRESS = /\bhttps:\/\/openrouter\.ai\//;

/**
 * Whose answer a client's error reports.
 *
 * @param error - The error as it was thrown.
 * @param answer - What was read of it.
 * @param isRead - Whether the error has the body, or a part of it.
 */
export function sourceOfAnswer(error: unknown, answer: Told, isRead: boolean): AnswerSource {
  const isOwn = isOwnContent(answer);
  if (!isObject(error)) {
    return isOwn || isOfMessages(answer) ? 'openrouter' : 'unknown';
  }
  if (isRead && (isOfSdk(error) || isAtOpenRouter(error) || hasItsHeaders(answer) || hasItsMarks(answer))) {
    return 'openrouter';
  }
  if (isAnsweredByApplication(error)) {
    return 'elsewhere';
  }
  if (isOwn) {
    return 'openrouter';
  }
  const isSomewhere = addressOf(error) !== undefined && !isAtOpenRouter(error);
  // OpenRouter serves the Messages API, and so do other services.
  if (isOfMessages(answer)) {
    return isSomewhere ? 'unknown' : 'openrouter';
  }
  return isSomewhere ? 'elsewhere' : 'unknown';
}

/** Whether a message is one that only OpenRouter sends. */
export function isInOwnWords(message: string): boolean {
  return OWN_ADDRESS.test(message);
}

/** Whether an error is of `@openrouter/sdk`. */
export function isOfSdk(error: object): boolean {
  let prototype = prototypeOf(error);
  for (let at = 0; at < MAX_PROTOTYPES && isObject(prototype); at += 1) {
    if (peek(peek(prototype, 'constructor'), 'name') === 'OpenRouterError') {
      return peek(error, 'rawResponse') !== undefined;
    }
    prototype = prototypeOf(prototype);
  }
  return false;
}

/** The URL of the request, in the places where axios, gaxios, the AI SDK, ky, got and fetch keep it. */
export function addressOf(error: object): URL | undefined {
  const response = peek(error, 'response');
  const config = peek(error, 'config');
  const told = [
    peek(config, 'url'),
    peek(config, 'baseURL'),
    ...[error, response, peek(error, 'rawResponse'), peek(error, 'request')].map((owner) =>
      peek(owner, 'url'),
    ),
    peek(response, 'requestUrl'),
  ];
  return told.map(urlOf).find((url) => url !== undefined);
}

/** Whether the request went to OpenRouter. */
export function isAtOpenRouter(error: object): boolean {
  const address = addressOf(error);
  return address !== undefined && isOpenRouterHost(address.hostname);
}

/** Whether an answer has one of the two headers that every answer of OpenRouter has. */
export function hasItsHeaders({ header }: Told): boolean {
  return (
    header('x-generation-id') !== undefined ||
    /\bx-generation-id\b/i.test(header('access-control-expose-headers') ?? '')
  );
}

/** Whether a body has members that only OpenRouter sends. */
export function hasItsMarks(answer: Told): boolean {
  const errors = errorsIn(answer);
  return (
    errors.some(
      (inner) =>
        OWN_ADDRESS.test(nonBlankString(peek(inner, 'message')) ?? '') ||
        METADATA.some((name) => peek(peek(inner, 'metadata'), name) !== undefined),
    ) ||
    (errors.length > 0 &&
      (answer.error?.around ?? []).some(
        (body) =>
          /^(?:user|org)_/.test(nonBlankString(peek(body, 'user_id')) ?? '') ||
          (nonBlankString(peek(body, 'id')) ?? '').startsWith('gen-'),
      ))
  );
}

/** The errors of an answer that have the form of OpenRouter's. A quoted error belongs to another service's answer. */
export function errorsIn({ error }: Told): object[] {
  return error === undefined || error.isQuoted ? [] : error.errors.filter(isInner);
}

/**
 * Whether the application itself has chosen the answer, by an exception of Nest, GraphQL, Fastify or http-errors.
 */
export function isAnsweredByApplication(error: object): boolean {
  return (
    typeof peek(error, 'getStatus') === 'function' ||
    typeof peek(error, 'getError') === 'function' ||
    typeof peek(error, 'expose') === 'boolean' ||
    (nonBlankString(peek(error, 'code')) ?? '').startsWith('FST_') ||
    peek(error, Symbol.toStringTag) === 'GraphQLError'
  );
}

/** Whether the form of an error is OpenRouter's, whichever gateway has passed it on. */
function isOwnContent({ error }: Told): boolean {
  const { errors = [], around = [] } = error ?? {};
  const isTyped = [...errors.flatMap((each) => [peek(each, 'metadata'), each]), ...around].some((place) =>
    isErrorType(wireMember(place, 'error_type')),
  );
  return isTyped || errors.some((each) => isInner(each) || isNamedByType(each));
}

/**
 * Whether it is an error of the Messages API. In other APIs, an error with such a type also has a `code` or a
 * `param`.
 */
function isOfMessages({ error }: Told): boolean {
  const { errors = [], around = [] } = error ?? {};
  return errors.some((each) => {
    const type = peek(each, 'type');
    const isAlone = namesOf(each).every((name) => name === 'type' || (name !== 'code' && isMember(name)));
    const isNamed = type === 'billing_error' || around.some((body) => peek(body, 'type') === 'error');
    return isAlone && isEnvelopeType(type) && isNamed && !isThrown(each);
  });
}

function isNamedByType(error: object): boolean {
  return hasOwnMembers(error) && isErrorType(peek(error, 'code'));
}

/** Whether a value is an `error` of OpenRouter; that of other APIs has more members. */
function isInner(value: unknown): boolean {
  return (
    hasOwnMembers(value) &&
    nonBlankString(peek(value, 'message')) !== undefined &&
    (errorStatusOf(peek(value, 'code')) ?? errorStatusOf(peek(value, 'http_status'))) !== undefined
  );
}

function hasOwnMembers(value: unknown): boolean {
  return isObject(value) && !isThrown(value) && namesOf(value).every(isMember);
}

function isMember(name: string): boolean {
  return MEMBERS.includes(name);
}

function prototypeOf(value: object): unknown {
  try {
    return Object.getPrototypeOf(value);
  } catch {
    return undefined;
  }
}

function namesOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

function urlOf(value: unknown): URL | undefined {
  const text = nonBlankString(value) ?? nonBlankString(peek(value, 'href'));
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
