import {
  type ArgumentsHost,
  Catch,
  type ContextType,
  type ExceptionFilter,
  Inject,
  Logger,
  Optional,
} from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import {
  OpenRouterAbortException,
  OpenRouterInsufficientCreditsException,
} from '../errors/client.exceptions.js';
import { isOpenRouterException, OpenRouterException } from '../errors/openrouter.exception.js';
import { OpenRouterSpendLimitException } from '../errors/spend.exceptions.js';
import { graphqlError, messagePayload, nestBody, problemBody, retryAfterSeconds } from './error-bodies.js';
import { CLIENT_CLOSED_REQUEST, decide, describeForLog } from './exception-mapping.js';
import { exceptionOfForeign, ForeignAnswer } from './foreign-answer.js';
import { type HttpReply, type HttpResponse, sendReply } from './http-reply.js';
import {
  type OpenRouterExceptionFilterOptions,
  type ResolvedFilterOptions,
  resolveFilterOptions,
} from './openrouter-exception-filter.options.js';
import type { OpenRouterHttpError } from './openrouter-http-error.js';
import { emitException, type WebSocketClient } from './websocket-reply.js';

/** A token that nobody provides. Without it, Nest's injector would look for the class `Object`. */
const OPTIONS = 'OPENROUTER:EXCEPTION_FILTER_OPTIONS';

const logger = new Logger('OpenRouterExceptionFilter');

/**
 * Answers a request that failed with an `OpenRouterException`, over Express and Fastify, GraphQL, microservices and
 * WebSockets. With `foreign: true` it also answers one that failed with an OpenRouter error thrown by another client.
 * The module never registers it: choose where it applies.
 *
 * The `mapping` option decides how an exception is answered. By default (`mirror`) an API error keeps its HTTP status,
 * which suits back-office routes. Use `gateway` for public routes.
 *
 * - HTTP: a body in the chosen `format`, with `Retry-After` if OpenRouter said when to retry, or if a limit of
 *   `spendLimits` was reached that resets. An aborted call is answered with an empty 499, or not at all if the client is
 *   gone. A response that has begun is ended.
 * - GraphQL: an error with `extensions: { code, status, … }`.
 * - RPC: an error `{ status: 'error', message, code, statusCode, … }`.
 * - WebSockets: an `exception` event with the same payload and, as in Nest's own filter, `cause: { pattern, data }`. An
 *   acknowledgement is not called.
 *
 * In any other context the exception is thrown again. An exception answered with 5XX is logged once, since the client
 * may only get a fixed sentence; a refusal of the guard is not logged.
 *
 * @example
 * ```ts
 * @UseFilters(OpenRouterExceptionFilter)
 * @Controller('credits')
 * class CreditsController {}
 *
 * app.useGlobalFilters(new OpenRouterExceptionFilter({ mapping: 'gateway', format: 'problem' }));
 * ```
 */
@Catch(OpenRouterException)
export class OpenRouterExceptionFilter implements ExceptionFilter {
  /** @internal */
  private readonly options: ResolvedFilterOptions;

  /**
   * @param options - The mapping (`mirror` by default), the format (`nest` by default), and whether errors of other
   * clients are translated.
   * @throws `OpenRouterConfigException` for an unknown option or a wrong value.
   */
  constructor(@Optional() @Inject(OPTIONS) options?: OpenRouterExceptionFilterOptions) {
    this.options = resolveFilterOptions(options);
    if (this.options.foreign) {
      Object.setPrototypeOf(this, catchingForeign(new.target).prototype);
    }
  }

  /**
   * Answers a failed request; called by Nest.
   *
   * @param thrown - What was thrown.
   * @param host - The request.
   * @returns Over RPC, an observable that fails with the payload; otherwise nothing.
   * @throws `thrown` itself if this filter does not catch it or does not know the kind of context.
   */
  catch(thrown: unknown, host: ArgumentsHost): Observable<never> | undefined {
    const exception = this.exceptionOf(thrown);
    if (exception === undefined) {
      throw thrown;
    }
    switch (host.getType<ContextType | 'graphql'>()) {
      case 'http':
        answerOverHttp(this.decide(exception), exception, host, this.options);
        return undefined;
      case 'graphql':
        throw graphqlError(this.decide(exception), exception);
      case 'rpc': {
        const payload = messagePayload(this.decide(exception));
        return throwError(() => payload);
      }
      case 'ws':
        answerOverWebSocket(this.decide(exception), host);
        return undefined;
      default:
        throw thrown;
    }
  }

  /** @internal */
  private exceptionOf(thrown: unknown): OpenRouterException | undefined {
    if (isOpenRouterException(thrown)) {
      return thrown;
    }
    return this.options.foreign ? exceptionOfForeign(thrown) : undefined;
  }

  /** @internal */
  private decide(thrown: OpenRouterException): OpenRouterHttpError {
    const exception = withFigures(thrown);
    const { error, fault } = decide(exception, this.options.mapping);
    if (fault !== undefined) {
      logger.error(`The mapping function ${fault} for ${exception.name}; the 'gateway' answer was sent.`);
    }
    // Nest does not log exceptions that a filter catches.
    if (error.status >= 500 && !isExpected(exception)) {
      logger.error(describeForLog(exception));
    }
    return error;
  }
}

/** Nest reads from the class which exceptions a filter catches, so a filter that catches more needs another class. */
function catchingForeign(Filter: typeof OpenRouterExceptionFilter): typeof OpenRouterExceptionFilter {
  class ForeignFilter extends Filter {}
  Object.defineProperty(ForeignFilter, 'name', { value: Filter.name });
  Catch(OpenRouterException, ForeignAnswer)(ForeignFilter);
  return ForeignFilter;
}

/** Over HTTP and in GraphQL the guard throws an exception without figures; its cause has them. */
function withFigures(exception: OpenRouterException): OpenRouterException {
  const { cause } = exception;
  const isGuards = (error: unknown): error is OpenRouterException =>
    error instanceof OpenRouterInsufficientCreditsException || error instanceof OpenRouterSpendLimitException;
  return isGuards(exception) && isGuards(cause) ? cause : exception;
}

/** Whether an operator need not know of it: a caller hung up, or the guard or a limit refused a request as it should. */
function isExpected(exception: OpenRouterException): boolean {
  return (
    exception instanceof OpenRouterAbortException ||
    exception instanceof OpenRouterInsufficientCreditsException ||
    exception instanceof OpenRouterSpendLimitException
  );
}

function answerOverHttp(
  error: OpenRouterHttpError,
  exception: OpenRouterException,
  host: ArgumentsHost,
  { format }: ResolvedFilterOptions,
): void {
  const http = host.switchToHttp();
  const inSilence = error.status === CLIENT_CLOSED_REQUEST && exception instanceof OpenRouterAbortException;
  const reply = inSilence ? { status: error.status } : httpReply(error, format, pathOf(http.getRequest()));
  sendReply(http.getResponse<HttpResponse>(), reply);
}

function httpReply(
  error: OpenRouterHttpError,
  format: ResolvedFilterOptions['format'],
  path: string,
): HttpReply {
  const retryAfter = retryAfterSeconds(error);
  const isProblem = format === 'problem';
  return {
    status: error.status,
    headers: {
      'Content-Type': isProblem ? 'application/problem+json' : 'application/json; charset=utf-8',
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
    },
    // Serialised here, so that no framework applies a response schema of the route.
    body: JSON.stringify(isProblem ? problemBody(error, path) : nestBody(error)),
  };
}

function pathOf(request: { originalUrl?: string; url: string }): string {
  return (request.originalUrl ?? request.url).replace(/[?#].*$/s, '');
}

function answerOverWebSocket(error: OpenRouterHttpError, host: ArgumentsHost): void {
  const ws = host.switchToWs();
  const message = { pattern: ws.getPattern(), data: ws.getData<unknown>() };
  emitException(ws.getClient<WebSocketClient | undefined>(), messagePayload(error), message);
}
