import { STATUS_CODES } from 'node:http';
import { API_ROOT } from './route.js';

// The API's own words: the example messages of its OpenAPI document, which are the same for every operation.
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Invalid request parameters',
  401: 'Missing Authentication header',
  402: 'Insufficient credits. Add more using https://openrouter.ai/credits',
  403: 'Only management keys can perform this operation',
  404: 'Resource not found',
  408: 'Operation timed out. Please try again later.',
  409: 'Resource conflict. Please try again later.',
  410: 'The Coinbase APIs used by this endpoint have been deprecated, so the Coinbase Commerce credits API has been removed. Use the web credits purchase flow instead.',
  413: 'Request payload too large',
  422: 'Invalid argument',
  429: 'Rate limit exceeded',
  500: 'Internal Server Error',
  502: 'Provider returned error',
  503: 'Service temporarily unavailable',
  504: 'The operation was aborted due to timeout',
  524: 'Request timed out. Please try again later.',
  529: 'Provider returned error',
};

interface ErrorBody {
  readonly error: { readonly code: number; readonly message: string; readonly metadata?: object };
  readonly user_id?: string;
}

/** The words of `/messages` for an error: Anthropic's, and OpenRouter's own beside them. */
const MESSAGES_ERRORS: Readonly<Record<number, readonly [type: string, errorType: string]>> = {
  400: ['invalid_request_error', 'invalid_request'],
  401: ['authentication_error', 'authentication'],
  402: ['billing_error', 'payment_required'],
  403: ['permission_error', 'permission_denied'],
  404: ['not_found_error', 'not_found'],
  408: ['timeout_error', 'timeout'],
  413: ['invalid_request_error', 'payload_too_large'],
  422: ['invalid_request_error', 'unprocessable'],
  429: ['rate_limit_error', 'rate_limit_exceeded'],
  502: ['api_error', 'provider_unavailable'],
  503: ['overloaded_error', 'provider_overloaded'],
  504: ['timeout_error', 'timeout'],
  524: ['timeout_error', 'timeout'],
  529: ['overloaded_error', 'provider_overloaded'],
};

/** The error body of a path. `/messages` has an envelope of its own. */
export function errorBodyOf(
  path: string,
  code: number,
  userId: string | undefined,
  words: { message?: string; metadata?: object } = {},
): object {
  const body = errorBody(code, userId, words);
  if (path.split('?')[0] !== `${API_ROOT}/messages`) return body;
  const [type, errorType] = MESSAGES_ERRORS[code] ?? ['api_error', 'server'];
  const { message, metadata } = body.error;
  return {
    type: 'error',
    error: { type, message, error_type: errorType },
    request_id: null,
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** @param userId - The caller's; `undefined` for a caller without a known key. */
function errorBody(
  code: number,
  userId: string | undefined,
  { message, metadata }: { message?: string; metadata?: object } = {},
): ErrorBody {
  const error = {
    code,
    message: message ?? MESSAGES[code] ?? STATUS_CODES[code] ?? `Status ${code}`,
    ...(metadata === undefined ? {} : { metadata }),
  };
  return userId === undefined ? { error } : { error, user_id: userId };
}
