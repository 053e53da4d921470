import type { OpenRouterApiException } from '../errors/api.exceptions.js';
import { classifyOpenRouterError } from '../errors/error-verdict.js';
import { readErrorAnswer } from '../errors/reading/error-answer.js';
import type { ErrorAnswer } from '../errors/reading/error-message.js';
import { readForeignError, unwrapError } from '../errors/reading/foreign-error.js';
import { isObject, peek, textOf } from '../errors/reading/peek.js';
import { errorStatusOf } from '../errors/reading/wire-error.js';
import { isOpenRouterHost } from '../options/option-rules.js';
import { scrubShapes } from '../secret/scrub.js';
import { apiExceptionOf, readRequestId } from '../wire/api-exception.factory.js';
import { copyMetadata } from '../wire/metadata-copy.js';

/**
 * An answer of OpenRouter's that another client has thrown, as the exception that this package would have thrown;
 * `undefined` for whatever is not surely one: an error of another service must not be told as OpenRouter's.
 *
 * Without an answer there is nothing by which most clients would tell whom they have asked. Never throws.
 */
export function exceptionOfForeign(error: unknown): OpenRouterApiException | undefined {
  try {
    const found = linksOf(error).find(isOfOpenRouter);
    return found === undefined ? undefined : exceptionOf(found);
  } catch {
    // A proxy that cannot be looked at is of no client.
    return undefined;
  }
}

/**
 * What a filter catches that translates other clients' errors. Nest asks by `instanceof`, so that whatever is not
 * recognised goes on as if the filter was not there: to the next filter, or to Nest.
 */
export abstract class ForeignAnswer {
  static [Symbol.hasInstance](value: unknown): boolean {
    return exceptionOfForeign(value) !== undefined;
  }
}

function exceptionOf(error: object): OpenRouterApiException | undefined {
  const { kind, status, ...verdict } = classifyOpenRouterError(error);
  if (kind === 'unknown' || status === undefined || status < 400) {
    return undefined;
  }
  const { answer } = readForeignError(error);
  const { metadata, errorType, retryable } = readErrorAnswer(answer, scrubShapes);
  return apiExceptionOf(status, {
    message: verdict.message,
    limitSource: verdict.limitSource,
    resetsAt: verdict.resetsAt,
    retryAfterMs: verdict.retryAfterMs,
    affordableTokens: verdict.affordableTokens,
    operation: 'another client',
    metadata: copyMetadata(metadata, scrubShapes),
    errorType,
    retryable,
    requestId: readRequestId({ header: answer.header, scrub: scrubShapes }),
  });
}

/** The errors that may be told for one that was thrown: it, and what is in it if it says nothing by itself. */
function linksOf(error: unknown): object[] {
  if (!isObject(error) || isAnsweredElsewhere(error)) {
    return [];
  }
  return isMereWrapper(error) ? unwrapError(error).filter(isObject) : [error];
}

/** Whether somebody has said what is to be answered: by an exception of Nest, of GraphQL, of Fastify, of http-errors. */
function isAnsweredElsewhere(error: object): boolean {
  return (
    typeof peek(error, 'getStatus') === 'function' ||
    typeof peek(error, 'getError') === 'function' ||
    typeof peek(error, 'expose') === 'boolean' ||
    (textOf(peek(error, 'code')) ?? '').startsWith('FST_') ||
    peek(error, Symbol.toStringTag) === 'GraphQLError'
  );
}

const MERE_ERRORS: readonly unknown[] = ['Error', 'AggregateError'];

/** Whether an error is of no class of the application's own, which the application may have a filter for. */
function isMereWrapper(error: object): boolean {
  const name = peek(error, 'name');
  return (
    isOfAiSdk(name) ||
    (MERE_ERRORS.includes(name) && MERE_ERRORS.includes(peek(peek(error, 'constructor'), 'name')))
  );
}

function isOfOpenRouter(error: object): boolean {
  const { answer } = readForeignError(error);
  const address = addressOf(error);
  return (
    isOfOfficialSdk(error) ||
    (address !== undefined && isOpenRouterHost(address.hostname)) ||
    hasItsHeaders(answer) ||
    hasItsMarks(answer) ||
    (address === undefined && isOfCompletionClient(error) && errorsIn(answer).length > 0)
  );
}

function isOfOfficialSdk(error: object): boolean {
  let prototype: unknown = Object.getPrototypeOf(error);
  while (isObject(prototype)) {
    if (peek(peek(prototype, 'constructor'), 'name') === 'OpenRouterError') {
      return 'rawResponse' in error;
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return false;
}

/** Where the request went, as axios, gaxios, the AI SDK, ky, got and fetch tell it. */
function addressOf(error: object): URL | undefined {
  const response = peek(error, 'response');
  const config = peek(error, 'config');
  const base = textOf(peek(config, 'baseURL'));
  const told = [
    peek(config, 'url'),
    base,
    ...[error, response, peek(error, 'rawResponse'), peek(error, 'request')].map((owner) =>
      peek(owner, 'url'),
    ),
    peek(response, 'requestUrl'),
  ];
  return told.map(urlOf).find((url) => url !== undefined);
}

function urlOf(value: unknown): URL | undefined {
  const text = value instanceof URL ? value.href : textOf(value);
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}

/** Every answer of the API carries the one or the other. */
function hasItsHeaders({ header }: ErrorAnswer): boolean {
  return (
    header('x-generation-id') !== undefined ||
    /\bx-generation-id\b/i.test(header('access-control-expose-headers') ?? '')
  );
}

const MEMBERS: readonly string[] = [
  'code',
  'message',
  'metadata',
  'error_type',
  'http_status',
  'availability',
];
/** Members of `error.metadata` by names that no other API is known to have. */
const METADATA: readonly string[] = ['limit_source', 'provider_name', 'is_byok', 'remedy_hint', 'error_type'];

/** Whether a body tells by itself whose it is. */
function hasItsMarks(answer: ErrorAnswer): boolean {
  const errors = errorsIn(answer);
  return (
    errors.some(
      (inner) =>
        /\bhttps:\/\/openrouter\.ai\//.test(textOf(peek(inner, 'message')) ?? '') ||
        METADATA.some((name) => peek(peek(inner, 'metadata'), name) !== undefined),
    ) ||
    (errors.length > 0 &&
      (answer.error?.around ?? []).some(
        (body) =>
          /^(?:user|org)_/.test(textOf(peek(body, 'user_id')) ?? '') ||
          (textOf(peek(body, 'id')) ?? '').startsWith('gen-'),
      ))
  );
}

/** The errors of an answer that have the form of OpenRouter's; one that another service only quotes is not its own. */
function errorsIn({ error }: ErrorAnswer): object[] {
  return error === undefined || error.isQuoted ? [] : error.errors.filter(isInner);
}

/** Whether a value is what OpenRouter's answers have as `error`, and no other API's, which have more in it. */
function isInner(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.keys(value).every((name) => MEMBERS.includes(name)) &&
    textOf(peek(value, 'message')) !== undefined &&
    (errorStatusOf(peek(value, 'code')) ?? errorStatusOf(peek(value, 'http_status'))) !== undefined
  );
}

/** Whether a client is for completions: `openai`, whose errors do not tell where they come from, or the AI SDK. */
function isOfCompletionClient(error: object): boolean {
  return (
    isOfAiSdk(peek(error, 'name')) || ['requestID', 'param', 'type', 'code'].every((name) => name in error)
  );
}

function isOfAiSdk(name: unknown): boolean {
  return typeof name === 'string' && name.startsWith('AI_');
}
