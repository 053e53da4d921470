import { STATUS_CODES } from 'node:http';
import { type ContextType, type ExecutionContext, HttpException } from '@nestjs/common';
import { brandException } from '../errors/exception-brand.js';
import type { OpenRouterException } from '../errors/openrouter.exception.js';

type Refusal = OpenRouterException & { readonly code: string };

/** What the client learns of a refusal. It may be public, so it contains no figures of the account. */
export interface PublicAnswer {
  readonly response: Readonly<Record<string, unknown>>;
  /** The part that a GraphQL server sends to the client. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * The answer to a refusal over HTTP or in GraphQL; `undefined` on other transports, where an exception of Nest's would
 * reach the caller as an internal error.
 */
export function publicAnswer(
  context: ExecutionContext,
  statusCode: number,
  {
    message,
    code,
    ...others
  }: { readonly message: string; readonly code: string; readonly required?: number },
): PublicAnswer | undefined {
  const body = { message, error: STATUS_CODES[statusCode] ?? 'Error', code, ...others };
  switch (context.getType<ContextType | 'graphql'>()) {
    case 'http':
      return { response: { statusCode, ...body } };
    case 'graphql':
      // With a `statusCode` in the body, Nest's Apollo driver would replace `code` by its own.
      return {
        response: body,
        extensions: { code, status: statusCode, originalError: { statusCode, ...body } },
      };
    default:
      return undefined;
  }
}

/** A refusal of a guard as an `HttpException`, which Nest answers without a filter. Its cause has the figures. */
export class HttpRefusal extends HttpException {
  static {
    brandException(this, 'OpenRouterException');
  }

  readonly code: string;
  /** The part that a GraphQL server sends to the client. */
  declare readonly extensions?: Readonly<Record<string, unknown>>;

  constructor(refusal: Refusal, status: number, { response, extensions }: PublicAnswer) {
    super(response, status, { cause: refusal });
    this.code = refusal.code;
    if (extensions !== undefined) {
      this.extensions = extensions;
    }
  }

  /** Keeps the name that the brand has set. Nest would use the name of this class, which is not public. */
  override initName(): void {
    return;
  }
}
