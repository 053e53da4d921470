import type { OpenRouterException } from '../errors/openrouter.exception.js';
import { checkConfig } from '../options/check-options.js';
import { defineOptions, mustBe } from '../options/define-options.js';
import { oneOf, trueOrFalse } from '../options/option-rules.js';
import type { OpenRouterHttpError } from './openrouter-http-error.js';

/**
 * Chooses the answer to an exception: one of the two predefined ones, as it is or changed, or one of its own.
 *
 * It has to be synchronous. If it throws, or returns something that is no error (a status outside 400 to 599, a
 * missing message), the `gateway` answer is sent and the fault is logged. An `OpenRouterAbortException` that keeps its
 * status 499 is answered in silence over HTTP.
 *
 * @example
 * ```ts
 * const mapping: OpenRouterExceptionMapper = (exception, { mirror, gateway }) =>
 *   exception instanceof OpenRouterTooManyRequestsException ? mirror : gateway;
 * ```
 */
export type OpenRouterExceptionMapper = (
  exception: OpenRouterException,
  defaults: { mirror: OpenRouterHttpError; gateway: OpenRouterHttpError },
) => OpenRouterHttpError;

/** How exceptions become answers; see {@link OpenRouterExceptionFilterOptions.mapping}. */
export type OpenRouterExceptionMapping = 'mirror' | 'gateway' | OpenRouterExceptionMapper;

/** The shape of an HTTP body; see {@link OpenRouterExceptionFilterOptions.format}. */
export type OpenRouterExceptionFormat = 'nest' | 'problem';

/** Settings of the `OpenRouterExceptionFilter`. */
export interface OpenRouterExceptionFilterOptions {
  /**
   * How exceptions become answers:
   * - `mirror`: each error of the API becomes the same HTTP status with the server's own message, scrubbed of keys.
   *   For back-office routes, whose users manage the account and have to know what OpenRouter said.
   * - `gateway`: a failure of OpenRouter is this server's own: 502, 503 or 504 with a fixed sentence and the `code`.
   *   For public routes, where a mirrored 401 would log people out and a message would tell them about the account.
   * - a function over both.
   *
   * @defaultValue `'mirror'`
   */
  mapping?: OpenRouterExceptionMapping | undefined;
  /**
   * The shape of an HTTP body:
   * - `nest`: `{ statusCode, message, error, code }`, as Nest's own exceptions.
   * - `problem`: `application/problem+json` of RFC 9457: `{ type, title, status, detail, instance, code }`.
   *
   * Both add `requestId`, `retryAfter` (seconds), `purchaseUrl` and `errors` where they are known. Other transports
   * have a shape of their own.
   *
   * @defaultValue `'nest'`
   */
  format?: OpenRouterExceptionFormat | undefined;
  /**
   * Whether the answers of OpenRouter that another client has thrown are translated, too, by the same mapping: an `openai`
   * 402, 404 or 429, for example, which is a plain 500 otherwise. A mapping function gets the exception that this package
   * would have thrown, with `operation: 'another client'`.
   *
   * Only what is surely an answer of OpenRouter's is translated:
   * - every answer that `@openrouter/sdk` throws;
   * - an answer to a request that went to `openrouter.ai`, where the client tells it: axios, the AI SDK, ky, a `Response`;
   * - an answer with the headers or in the words that only OpenRouter's have, from whatever client;
   * - an answer in OpenRouter's own envelope (`error.code` is a number) from `openai` or the AI SDK.
   *
   * Whatever else is thrown goes to the next filter, or to Nest, as if this filter was not there: other services' errors,
   * `HttpException` and its like, errors of a class of your own whatever their `cause`, and errors without an answer
   * (no connection, a timeout, an abort), of which most clients do not tell whom they have asked.
   *
   * @defaultValue `false`
   */
  foreign?: boolean | undefined;
}

/** Options with their defaults. */
export interface ResolvedFilterOptions {
  readonly mapping: OpenRouterExceptionMapping;
  readonly format: OpenRouterExceptionFormat;
  readonly foreign: boolean;
}

const FILTER_OPTIONS = defineOptions<OpenRouterExceptionFilterOptions>("{ mapping: 'gateway' }", {
  mapping: mustBe<OpenRouterExceptionMapping>(
    "'mirror', 'gateway' or a function",
    (value) => value === 'mirror' || value === 'gateway' || typeof value === 'function',
  ),
  format: oneOf('nest', 'problem'),
  foreign: trueOrFalse,
});

/**
 * Checks options and fills in the defaults.
 *
 * @throws `OpenRouterConfigException`
 */
export function resolveFilterOptions(options: OpenRouterExceptionFilterOptions = {}): ResolvedFilterOptions {
  const {
    mapping = 'mirror',
    format = 'nest',
    foreign = false,
  } = checkConfig(FILTER_OPTIONS, options, 'OpenRouterExceptionFilter');
  return Object.freeze({ mapping, format, foreign });
}
