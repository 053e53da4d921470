import { peek } from '../../untrusted/peek.js';

/** Codes of failures that only happen before anything of a request is written. */
const UNSENT_CODES: readonly unknown[] = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'ECONNREFUSED',
  'ERR_INVALID_URL',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
];

/** A certificate that was refused, or a handshake that failed. */
const UNSENT_TLS_CODE =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|ERR_SSL_.*ALERT_(?:HANDSHAKE_FAILURE|PROTOCOL_VERSION)$)/;

/** Messages of failed handshakes whose codes, `ECONNRESET` and `EPROTO`, other failures have as well. */
const FAILED_HANDSHAKE =
  /before secure TLS connection was established|wrong version number|alert handshake failure|alert protocol version/;

/** A cause may be the error itself in a circle. */
const MAX_DEPTH = 5;

/**
 * Whether a request that `fetch` gave up has certainly never left this process: no address, no connection, no TLS.
 * Everything else counts as possibly sent, since OpenRouter may have received and billed it.
 *
 * @param reason - What `fetch` threw. Node's own has the failure as its `cause`.
 */
export function wasNeverSent(reason: unknown): boolean {
  let error = reason;
  for (let depth = 0; depth < MAX_DEPTH && error !== undefined; depth += 1) {
    if (isBeforeSending(error)) {
      return true;
    }
    error = peek(error, 'cause');
  }
  return false;
}

function isBeforeSending(error: unknown): boolean {
  const code = peek(error, 'code');
  const syscall = peek(error, 'syscall');
  const message = peek(error, 'message');
  return (
    UNSENT_CODES.includes(code) ||
    (typeof code === 'string' && UNSENT_TLS_CODE.test(code)) ||
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    (typeof message === 'string' && FAILED_HANDSHAKE.test(message)) ||
    haveAllFailedToConnect(peek(error, 'errors'))
  );
}

/** Node tries the addresses of a host in turn, and throws what has failed as one `AggregateError`. */
function haveAllFailedToConnect(errors: unknown): boolean {
  return (
    Array.isArray(errors) &&
    errors.length > 0 &&
    errors.every((error) => peek(error, 'syscall') === 'connect')
  );
}
