import type { GoneNotice } from '../errors/api-exception.factory.js';
import type { OpenRouterKeyKind } from '../options/resolve-options.js';
import type { PathParameters, QueryParameters } from './request-path.js';

/** What one operation sends, and how to read its answer. */
export interface OpenRouterCall<T> {
  /** For example `credits.getCredits`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the base URL, with its parameters in braces, for example `/keys/{hash}`. */
  readonly path: string;
  readonly parameters?: PathParameters;
  /** Query parameters, checked by the service. Undefined members are left out. */
  readonly query?: QueryParameters;
  /** The key that the operation prefers. If it is not set, the other one is used. */
  readonly key: OpenRouterKeyKind;
  /** Whether the route belongs to inference, where OpenRouter accepts no management key. */
  readonly isInference?: boolean;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Decodes the body of a success. Throws an `OpenRouterResponseException` if it breaks the API's contract. */
  readonly decode: (body: unknown) => T;
  readonly gone?: GoneNotice;
  /** Receives the target of a redirect, scrubbed of secrets. */
  readonly onRedirect?: (location: string) => void;
  /**
   * How long a 404 means "not there yet", in milliseconds from the start of the call. The deadline is then this time
   * plus one attempt.
   */
  readonly awaitMs?: number | undefined;
  /** When the deadline began, by `performance.now()`, for calls that share one deadline. @defaultValue now */
  readonly startedAt?: number | undefined;
}

/** Whether sending the call twice has the same effect as sending it once. */
export function isIdempotent(call: Pick<OpenRouterCall<unknown>, 'method'>): boolean {
  return call.method !== 'POST';
}
