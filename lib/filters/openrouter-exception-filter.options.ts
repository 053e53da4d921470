import type { OpenRouterException } from '../errors/openrouter.exception.js';
import { checkConfig } from '../options/check-options.js';
import { defineOptions, mustBe } from '../options/define-options.js';
import { oneOf, trueOrFalse } from '../options/option-rules.js';
import type { OpenRouterHttpError } from './openrouter-http-error.js';

/**
 * Chooses the answer to an exception: one of the two predefined answers, unchanged or changed, or a new one.
 *
 * It must be synchronous. If it throws, or returns something that is not a valid error (a status outside 400 to 599, a
 * missing message), the `gateway` answer is sent and the fault is logged. An `OpenRouterAbortException` that keeps its
 * status 499 gets an empty answer over HTTP.
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
   *   For back-office routes, whose users manage the account and need OpenRouter's own words.
   * - `gateway`: a failure of OpenRouter becomes one of this server: 502, 503 or 504 with a fixed sentence and the
   *   `code`. For public routes, where a mirrored 401 would log users out and a message could reveal facts about the
   *   account.
   * - a function that chooses between both.
   *
   * @defaultValue `'mirror'`
   */
  mapping?: OpenRouterExceptionMapping | undefined;
  /**
   * The shape of an HTTP body:
   * - `nest`: `{ statusCode, message, error, code }`, like Nest's own exceptions.
   * - `problem`: `application/problem+json` of RFC 9457: `{ type, title, status, detail, instance, code }`.
   *
   * Both add `requestId`, `retryAfter` (seconds), `purchaseUrl` and `errors` if they are known. Other transports have
   * their own shapes.
   *
   * @defaultValue `'nest'`
   */
  format?: OpenRouterExceptionFormat | undefined;
  /**
   * Whether OpenRouter errors that other clients throw are translated too, by the same mapping. For example, a 402, 404
   * or 429 of `openai` is a plain 500 otherwise. A mapping function gets the exception that this package would have
   * thrown, with `operation: 'another client'`.
   *
   * Only errors that are certainly OpenRouter's are translated:
   * - every API error of `@openrouter/sdk`;
   * - an answer to a request to `openrouter.ai`, if the client names the host: axios, the AI SDK, ky, a `Response`;
   * - an answer with headers or words that only OpenRouter uses, from any client;
   * - an answer in OpenRouter's own envelope (`error.code` is a number) from `openai` or the AI SDK.
   *
   * Everything else goes to the next filter, or to Nest, as if this filter were not there: errors of other services,
   * `HttpException` and its subclasses, errors of your own classes whatever their `cause`, and errors without an answer
   * (no connection, a timeout, an abort), because most clients do not say which host they called.
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
