import type { GoneNotice } from '../errors/api-exception.factory.js';
import type { OpenRouterKeyKind } from '../options/resolve-options.js';
import type { PathParameters, QueryParameters } from './request-path.js';

/** What one operation sends and how its answer is read. */
export interface OpenRouterCall<T> {
  /** Name of the operation, for example `credits.getCredits`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the base URL, with the names of its parameters in braces, for example `/keys/{hash}`. */
  readonly path: string;
  readonly parameters?: PathParameters;
  /** What stands behind the `?`, checked by the service; absent members are left out. */
  readonly query?: QueryParameters;
  /** Which key the operation prefers; the other one serves it where that one is not set. */
  readonly key: OpenRouterKeyKind;
  /** Whether OpenRouter serves it as a part of inference, where it accepts no management key. */
  readonly isInference?: boolean;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Reads the content of a success. Throws an `OpenRouterResponseException` for one that breaks the API's promise. */
  readonly decode: (body: unknown) => T;
  readonly gone?: GoneNotice;
  /** Told where a redirect leads to, scrubbed of secrets. */
  readonly onRedirect?: (location: string) => void;
  /**
   * How long a 404 means "not there yet", in milliseconds from the start of the call. The deadline is then this and
   * one attempt.
   */
  readonly awaitMs?: number | undefined;
  /** When the deadline began, by `performance.now()`; for one of several calls that share it. Now by default. */
  readonly startedAt?: number | undefined;
}

/** Whether sending the call twice has the effect of sending it once. */
export function isIdempotent(call: Pick<OpenRouterCall<unknown>, 'method'>): boolean {
  return call.method !== 'POST';
}
