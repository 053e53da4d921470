/** A refused argument as it is told to the caller. */
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
  /** What the client is told. */
  message: string;
  /** The `code` of the exception. */
  code: string;
  /** How long the client is asked to wait, in milliseconds. Sent in whole seconds, rounded up, as `Retry-After`. */
  retryAfterMs?: number | undefined;
  /** The id of the request to OpenRouter, which its support asks for. */
  requestId?: string | undefined;
  /** The page on which credits can be bought instead; `gateway` never tells it. */
  purchaseUrl?: string | undefined;
  /** The refused arguments. The `nest` format sends their reasons, if there are any, in the place of `message`. */
  errors?: readonly OpenRouterRefusedProperty[] | undefined;
}

/** A copy of what a user's function returned, or `undefined` if that is no error that can be sent. */
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

/** Whether a wait can be told to a client. */
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
