import { STATUS_CODES } from 'node:http';

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

export interface ErrorBody {
  readonly error: { readonly code: number; readonly message: string; readonly metadata?: object };
  readonly user_id?: string;
}

/** @param userId - The caller's; `undefined` for a caller without a known key. */
export function errorBody(
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
