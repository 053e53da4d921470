/** A refused argument, in the form that the caller gets. */
export interface OpenRouterRefusedProperty {
  /** Path of the property, for example `amount`. */
  property: string;
  /** What is wrong with it. */
  reasons: readonly string[];
}

/** An exception in the terms of HTTP; the other transports carry the same fields. */
export interface OpenRouterHttpError {
  /** HTTP status, 400 to 599. */
  status: number;
  /** The message for the client. */
  message: string;
  /** The `code` of the exception. */
  code: string;
  /** How long the client should wait, in milliseconds. Sent as `Retry-After` in whole seconds, rounded up. */
  retryAfterMs?: number | undefined;
  /** The id of the request to OpenRouter, for its support. */
  requestId?: string | undefined;
  /** The page where credits can be bought instead. `gateway` never sends it. */
  purchaseUrl?: string | undefined;
  /** The refused arguments. In the `nest` format their reasons, if any, replace `message`. */
  errors?: readonly OpenRouterRefusedProperty[] | undefined;
}

/** A copy of the result of a user's function, or `undefined` if it is not an error that can be sent. */
export function readHttpError(value: unknown): OpenRouterHttpError | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { status, message, code, retryAfterMs, requestId, purchaseUrl, errors } = value as Partial<
    Record<keyof OpenRouterHttpError, unknown>
  >;
  const usable =
    isErrorStatus(status) &&
    typeof message === 'string' &&
    typeof code === 'string' &&
    isAbsentOr(retryAfterMs, isDuration) &&
    isAbsentOr(requestId, isString) &&
    isAbsentOr(purchaseUrl, isString) &&
    isAbsentOr(errors, isRefusedProperties);
  return usable ? { status, message, code, retryAfterMs, requestId, purchaseUrl, errors } : undefined;
}

/** Whether a wait can be sent to a client. */
export function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599;
}

function isAbsentOr<T>(value: unknown, guard: (value: unknown) => value is T): value is T | undefined {
  return value === undefined || guard(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isRefusedProperties(value: unknown): value is readonly OpenRouterRefusedProperty[] {
  return Array.isArray(value) && value.every(isRefusedProperty);
}

function isRefusedProperty(value: unknown): value is OpenRouterRefusedProperty {
  if (typeof value !== 'object' || value === null) return false;
  const { property, reasons } = value as Partial<Record<keyof OpenRouterRefusedProperty, unknown>>;
  return isString(property) && Array.isArray(reasons) && reasons.every(isString);
}
