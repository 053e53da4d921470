import type { OpenRouterPhase } from '../contracts/delivery.js';
import { peek } from '../untrusted/peek.js';

/** How a request without an answer failed. */
export interface TransportVerdict {
  readonly kind: 'connection' | 'timeout' | 'aborted';
  /** Whether it is likely to succeed when it is sent again. */
  readonly isTransient: boolean;
}

const CONNECTION: TransportVerdict = { kind: 'connection', isTransient: true };
const REFUSED_CERTIFICATE: TransportVerdict = { kind: 'connection', isTransient: false };
const TIMEOUT: TransportVerdict = { kind: 'timeout', isTransient: true };
const ABORTED: TransportVerdict = { kind: 'aborted', isTransient: false };

/** By the codes of Node, of its fetch and of axios. */
const VERDICT_OF_CODE = indexed([
  [
    CONNECTION,
    [
      'ECONNREFUSED',
      'ECONNRESET',
      'ECONNABORTED',
      'EPIPE',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENETDOWN',
      'ERR_NETWORK',
      'ERR_STREAM_PREMATURE_CLOSE',
      'UND_ERR_SOCKET',
    ],
  ],
  [
    TIMEOUT,
    [
      'ETIMEDOUT',
      'ESOCKETTIMEDOUT',
      'ERR_TLS_HANDSHAKE_TIMEOUT',
      'UND_ERR_CONNECT_TIMEOUT',
      'UND_ERR_HEADERS_TIMEOUT',
      'UND_ERR_BODY_TIMEOUT',
    ],
  ],
  [ABORTED, ['ABORT_ERR', 'ERR_CANCELED', 'UND_ERR_ABORTED']],
]);

const CERTIFICATE_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|EPROTO$)/;
const BROKEN_HTTP = 'HPE_';

/** By the names of errors in platforms and clients; in `openai`, the name of the constructor. */
const VERDICT_OF_NAME = indexed([
  [CONNECTION, ['ConnectionError', 'APIConnectionError']],
  [TIMEOUT, ['TimeoutError', 'RequestTimeoutError', 'APIConnectionTimeoutError']],
  [ABORTED, ['AbortError', 'CanceledError', 'RequestAbortedError', 'APIUserAbortError']],
]);

/** By the fixed messages of errors whose names a bundler may have changed. */
const VERDICT_OF_MESSAGE = indexed([
  [CONNECTION, ['fetch failed', 'Connection error.']],
  [TIMEOUT, ['Request timed out.']],
  [ABORTED, ['Request was aborted.']],
]);

function indexed(
  rows: readonly (readonly [TransportVerdict, readonly string[]])[],
): ReadonlyMap<unknown, TransportVerdict> {
  return new Map(rows.flatMap(([verdict, keys]) => keys.map((key) => [key, verdict] as const)));
}

/** The verdict on an error of another package; `undefined` if it is not about the transport. */
export function transportVerdictOf(error: unknown): TransportVerdict | undefined {
  const code = peek(error, 'code');
  const name = peek(error, 'name');
  const message = peek(error, 'message');
  // axios gives its timeouts the code of a lost connection.
  if (code === 'ECONNABORTED' && typeof message === 'string' && message.startsWith('timeout')) {
    return TIMEOUT;
  }
  return (
    VERDICT_OF_CODE.get(code) ??
    verdictOfCodePattern(code) ??
    VERDICT_OF_NAME.get(name) ??
    VERDICT_OF_NAME.get(peek(peek(error, 'constructor'), 'name')) ??
    VERDICT_OF_MESSAGE.get(message)
  );
}

function verdictOfCodePattern(code: unknown): TransportVerdict | undefined {
  if (typeof code !== 'string') {
    return undefined;
  }
  if (CERTIFICATE_CODE.test(code)) {
    return REFUSED_CERTIFICATE;
  }
  return code.startsWith(BROKEN_HTTP) ? CONNECTION : undefined;
}

const LOST_DURING_TLS: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'];

/** Whether a connection that was lost in a phase is likely to last the next time. */
export function isTransientLoss(phase: OpenRouterPhase, code: unknown): boolean {
  // A refused certificate will be refused again.
  return phase !== 'tls' || LOST_DURING_TLS.includes(code);
}
