/**
 * What kind of failure an error is.
 *
 * Money:
 * - `out-of-credits`: the account's credits do not cover the request. Add credits, or ask for less.
 * - `key-limit`: the key has spent its own limit; the key itself is good. Raise the limit, or wait for its reset.
 * - `budget`: a budget of a workspace or a guardrail is spent. Raise it, or wait for `resetsAt`.
 * - `in-flight-budget`: requests that still run hold the credits. Wait for `retryAfterMs`.
 * - `payment-required`: a 402 that is not surely the account's: of a provider, whose own account or contract with you is
 *   empty, or of another service, or without anything that tells whose it is (there is no `limitSource`); or of a limit
 *   that this version does not know (`limitSource` names it).
 *
 * Rates:
 * - `free-tier-daily`: the day's requests to `:free` models are used up, until midnight UTC.
 * - `rate-limit`: too many requests, by OpenRouter's measure or a provider's. The limit of a day does not pass in a moment
 *   (`isTransient` is false).
 *
 * Refusals:
 * - `unauthorized`: the key is missing, wrong, disabled, expired, or of the wrong kind for the route.
 * - `forbidden`: the wrong kind of key, or content that is refused.
 * - `not-found`, `conflict`, `gone`: 404, 409, 410.
 * - `bad-request`: any other 4XX, or an argument that this package has refused.
 *
 * Failures:
 * - `upstream`: a 5XX, of OpenRouter or a provider behind it.
 * - `timeout`: no answer in time, by this side's clock or by OpenRouter's (408, 504, 524).
 * - `connection`: no usable answer: DNS, connection, TLS, reset.
 * - `aborted`: the caller's own signal, or the application is shut down.
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

/** The kind of failure that a status alone stands for. */
export function kindOfStatus(status: number | undefined): OpenRouterErrorKind {
  if (status === undefined || status < 400) {
    return 'unknown';
  }
  return KIND_OF_STATUS[status] ?? (status < 500 ? 'bad-request' : 'upstream');
}
