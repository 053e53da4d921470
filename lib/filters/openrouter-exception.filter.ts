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

/** Provided by nobody: it lets Nest's injector leave the parameter out instead of looking for a class `Object`. */
const OPTIONS = 'OPENROUTER:EXCEPTION_FILTER_OPTIONS';

const logger = new Logger('OpenRouterExceptionFilter');

/**
 * Answers a request that failed with an `OpenRouterException`, over Express and Fastify, GraphQL, microservices and
 * WebSockets; with `foreign: true`, also one that failed with an answer of OpenRouter's that another client has thrown. It
 * is never registered by the module: choose where it applies.
 *
 * What becomes of an exception is the `mapping` option's choice; by default an error of the API becomes the same HTTP
 * status (`mirror`), which suits back-office routes. Take `gateway` for public ones.
 *
 * - HTTP: a body in the chosen `format`, and `Retry-After` where OpenRouter said when to come back. An aborted call
 *   is answered with an empty 499, or not at all if the client has gone. A response that has begun is ended.
 * - GraphQL: an error with `extensions: { code, status, … }`.
 * - RPC: an error `{ status: 'error', message, code, statusCode, … }`.
 * - WebSockets: an `exception` event with the same payload and, as Nest's own filter has it,
 *   `cause: { pattern, data }`; an acknowledgement is not called.
 *
 * Any other context gets the exception as it is. What is answered with 5XX is logged once, since the client may be
 * told no more than a sentence; a refusal of the guard is not.
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
   * @param options - Mapping and format, `mirror` and `nest` by default, and whether other clients' errors are translated,
   * too.
   * @throws OpenRouterConfigException if an option is unknown or has a value that is not allowed.
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
   * @returns over RPC, the stream that carries the error to the caller; else nothing.
   * @throws what was thrown, if it is nothing that this filter catches, or the context is of an unknown kind.
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
      logger.error(`The mapping function ${fault} for ${exception.name}; answered as 'gateway' does.`);
    }
    // Nest logs nothing that a filter has caught.
    if (error.status >= 500 && !isNoFault(exception)) {
      logger.error(describeForLog(exception));
    }
    return error;
  }
}

/** Nest reads from its class what a filter catches, so one that catches more than others is of a class of its own. */
function catchingForeign(Filter: typeof OpenRouterExceptionFilter): typeof OpenRouterExceptionFilter {
  class ForeignFilter extends Filter {}
  Object.defineProperty(ForeignFilter, 'name', { value: Filter.name });
  Catch(OpenRouterException, ForeignAnswer)(ForeignFilter);
  return ForeignFilter;
}

/** Over HTTP and in GraphQL the guard throws an exception that anybody may see; the one behind it has the figures. */
function withFigures(exception: OpenRouterException): OpenRouterException {
  const { cause } = exception;
  return exception instanceof OpenRouterInsufficientCreditsException &&
    cause instanceof OpenRouterInsufficientCreditsException
    ? cause
    : exception;
}

/** Whether nothing is wrong that an operator would have to know: a caller hung up, or the guard did what it is for. */
function isNoFault(exception: OpenRouterException): boolean {
  return (
    exception instanceof OpenRouterAbortException ||
    exception instanceof OpenRouterInsufficientCreditsException
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
    // As text, so that neither framework applies a response schema of the route to it.
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
