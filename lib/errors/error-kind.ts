/**
 * The kind of failure.
 *
 * Money:
 * - `out-of-credits`: the account's credits do not cover the request. Add credits, or ask for less.
 * - `key-limit`: the key has spent its own limit; the key itself is good. Raise the limit, or wait for its reset.
 * - `budget`: a budget of a workspace or a guardrail is spent. Raise it, or wait for `resetsAt`.
 * - `in-flight-budget`: requests in progress hold the credits. Wait for `retryAfterMs`.
 * - `payment-required`: a 402 that is not certainly about the account. Without `limitSource`, it comes from a provider
 *   (whose own account, or contract with you, has no money left), comes from another service, or does not say whose
 *   money is short. With `limitSource`, it is about the named limit, which this version does not know.
 *
 * The application's own meter:
 * - `unattributed`: it refused the request before it was sent, because the request has no scope
 *   (`metering.onUnattributed`). It says nothing about the money of the account.
 * - `spend-limit`: a rule of `spendLimits` leaves too little for the request. Raise the limit, or wait for `resetsAt`.
 * - `spend-store`: it is not known what the rules of `spendLimits` leave, because their store does not answer.
 *
 * Rates:
 * - `free-tier-daily`: the day's requests to `:free` models are used up, until midnight UTC.
 * - `rate-limit`: too many requests, for OpenRouter or for a provider. A daily limit does not pass in a moment
 *   (`isTransient` is false).
 *
 * Refusals:
 * - `unauthorized`: the key is missing, wrong, disabled, expired, or of the wrong kind for the route.
 * - `forbidden`: the wrong kind of key, or refused content.
 * - `not-found`, `conflict`, `gone`: 404, 409, 410.
 * - `bad-request`: any other 4XX, or an argument that this package refused.
 *
 * Failures:
 * - `upstream`: a 5XX, from OpenRouter or a provider behind it.
 * - `timeout`: no answer in time, by this package's limits or by OpenRouter's (408, 504, 524).
 * - `connection`: no usable answer: DNS, connection, TLS, reset.
 * - `aborted`: the caller's signal was aborted, or the application is shutting down.
 * - `bad-response`: a success that is not what the API promises.
 * - `config`: the module's options are wrong.
 * - `unknown`: anything else, such as a redirect or an error that has nothing to do with OpenRouter.
 */
export type OpenRouterErrorKind =
  | 'out-of-credits'
  | 'key-limit'
  | 'budget'
  | 'in-flight-budget'
  | 'payment-required'
  | 'unattributed'
  | 'spend-limit'
  | 'spend-store'
  | 'free-tier-daily'
  | 'rate-limit'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'gone'
  | 'bad-request'
  | 'upstream'
  | 'timeout'
  | 'connection'
  | 'aborted'
  | 'bad-response'
  | 'config'
  | 'unknown';

const KIND_OF_STATUS: Readonly<Record<number, OpenRouterErrorKind>> = {
  401: 'unauthorized',
  402: 'payment-required',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'gone',
  429: 'rate-limit',
  504: 'timeout',
  524: 'timeout',
};

/** The kind of failure by the HTTP status alone. */
export function kindOfStatus(status: number | undefined): OpenRouterErrorKind {
  if (status === undefined || status < 400) {
    return 'unknown';
  }
  return KIND_OF_STATUS[status] ?? (status < 500 ? 'bad-request' : 'upstream');
}
