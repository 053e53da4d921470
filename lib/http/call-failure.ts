import type { OpenRouterPhase, OpenRouterDelivery } from '../contracts/delivery.js';
import {
  OpenRouterAbortException,
  OpenRouterConnectionException,
  OpenRouterResponseException,
  OpenRouterTimeoutException,
} from '../errors/client.exceptions.js';
import type { OpenRouterException } from '../errors/openrouter.exception.js';
import { safeCause } from '../errors/safe-cause.js';
import { isTransientLoss } from '../errors/transport-verdict.js';
import type { Scrub } from '../secret/scrub.js';
import { deliveryOf } from '../transport/delivery.js';
import type { BodyFault } from '../transport/response-body.js';
import { peek } from '../untrusted/peek.js';
import type { Interruption } from './call-scope.js';

/** A failed attempt: the exception for the caller, and whether another attempt could help. */
export interface CallFailure {
  readonly exception: OpenRouterException;
  readonly transient: boolean;
  /** Whether a pooled connection was lost before the answer began, most likely because the server was closing it. */
  readonly stale?: boolean;
}

/** The result of an attempt. */
export type Outcome<T> = { readonly value: T; readonly status: number } | { readonly failure: CallFailure };

/** Whether an attempt succeeded. Looks at own members only, since `Object.prototype` may be polluted. */
export function isValue<T>(outcome: Outcome<T>): outcome is Extract<Outcome<T>, { readonly value: T }> {
  return Object.hasOwn(outcome, 'value');
}

const PLACES: Readonly<Record<OpenRouterPhase, string>> = {
  queue: 'while waiting for a free connection',
  dns: 'while resolving the host name',
  connect: 'while connecting',
  tls: 'during the TLS handshake',
  headers: 'while waiting for the answer',
  body: 'while reading the answer',
};

/** What error codes of the transport mean to an operator. */
const HINTS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is unknown; check `baseUrl`',
  EAI_AGAIN: 'the host name could not be resolved at the moment',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'the connection timed out',
  // OpenSSL's own message has two lines and names source files.
  EPROTO: 'no TLS connection was made; check that the server at `baseUrl` speaks `https:`',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

/** System calls that happen before the first byte is sent. */
const PHASE_OF_SYSCALL: ReadonlyMap<string, OpenRouterPhase> = new Map([
  ['getaddrinfo', 'dns'],
  ['connect', 'connect'],
]);

/**
 * The failure of a request that ended without an answer.
 *
 * @param seen - The phase in which the request was last seen. The error's `syscall` may be more precise.
 * @param ignoredProxy - A sentence to add if no connection was established.
 */
export function connectionFailure(
  error: unknown,
  seen: OpenRouterPhase,
  operation: string,
  scrub: Scrub,
  ignoredProxy?: string,
): CallFailure {
  const first = firstOfAggregate(error);
  const code = stringMember(first, 'code') ?? '';
  const phase = PHASE_OF_SYSCALL.get(stringMember(first, 'syscall') ?? '') ?? seen;
  const known = HINTS[code];
  const cause = safeCause(first, scrub);
  const what = known ?? (cause.message === '' ? 'the connection was lost' : cause.message);
  return {
    exception: new OpenRouterConnectionException({
      message: withProxy(
        scrub(`${operation}: OpenRouter could not be reached ${PLACES[phase]}: ${what}${codeSuffix(code)}.`),
        phase,
        ignoredProxy,
      ),
      delivery: deliveryOf(phase),
      phase,
      cause,
    }),
    transient: isTransientLoss(phase, code),
  };
}

/** The failure of a call that OpenRouter answered with a success whose body could not be read. */
export function bodyFailure(fault: BodyFault, operation: string, scrub: Scrub): CallFailure {
  return {
    exception: new OpenRouterResponseException({
      message: `${operation}: OpenRouter's answer could not be read: ${fault.message}.`,
      delivery: 'applied',
      cause: fault.cause === undefined ? undefined : safeCause(fault.cause, scrub),
    }),
    transient: fault.kind === 'connection' || fault.kind === 'encoding',
  };
}

/** Where and why a call was interrupted. */
export interface InterruptedCall {
  readonly operation: string;
  readonly why: Interruption;
  /** What the signal was aborted with. */
  readonly reason: unknown;
  readonly phase: OpenRouterPhase;
  readonly delivery: OpenRouterDelivery;
  readonly limits: { readonly timeoutMs: number; readonly deadlineMs: number };
  /** What took too long. @defaultValue OpenRouter, with the phase */
  readonly what?: string;
  /** A sentence to add if no connection was established in time. */
  readonly ignoredProxy?: string | undefined;
  readonly scrub: Scrub;
}

/** The exception for an interrupted call. */
export function interruptionException(
  call: InterruptedCall,
): OpenRouterAbortException | OpenRouterTimeoutException {
  const { operation, why, reason, phase, delivery, limits, scrub } = call;
  if (why === 'closed') {
    return new OpenRouterAbortException({
      message: `${operation} was ended: the OpenRouter client is closed.`,
      delivery,
    });
  }
  if (why === 'abort') {
    return new OpenRouterAbortException({
      message: `${operation} was ended: the caller's signal was aborted.`,
      delivery,
      cause: stringMember(reason, 'message') === undefined ? undefined : safeCause(reason, scrub),
    });
  }
  const where = call.what === undefined ? ` ${PLACES[phase]}` : '';
  return new OpenRouterTimeoutException({
    message: withProxy(
      `${operation}: ${call.what ?? 'OpenRouter'} took longer than \`${why}\` (${limits[why]} ms)${where}.`,
      phase,
      call.ignoredProxy,
    ),
    delivery,
    phase,
    timeoutMs: limits[why],
  });
}

/**
 * The exception for an unexpected error: a bug in reading an answer, or a user's adapter or signal that throws.
 */
export function unexpectedException(
  error: unknown,
  { phase, delivery }: Pick<InterruptedCall, 'phase' | 'delivery'>,
  operation: string,
  scrub: Scrub,
): OpenRouterConnectionException | OpenRouterResponseException {
  const cause = safeCause(error, scrub);
  const what = cause.message === '' ? cause.name : cause.message;
  const message = scrub(`${operation} failed unexpectedly ${PLACES[phase]}: ${what}.`);
  return phase === 'body'
    ? new OpenRouterResponseException({ message, delivery, cause })
    : new OpenRouterConnectionException({ message, delivery, phase, cause });
}

/** What an exception says about the effect of the request. */
export function deliveryIn(exception: OpenRouterException): OpenRouterDelivery {
  return Object.hasOwn(exception, 'delivery')
    ? (Reflect.get(exception, 'delivery') as OpenRouterDelivery)
    : 'unknown';
}

/** By how far the request came. */
const DELIVERIES: readonly OpenRouterDelivery[] = ['not-sent', 'rejected', 'unknown', 'applied'];

/** Of two deliveries, that of the request that came further. */
export function furthest(one: OpenRouterDelivery, other: OpenRouterDelivery): OpenRouterDelivery {
  return DELIVERIES.indexOf(one) > DELIVERIES.indexOf(other) ? one : other;
}

/** Sets the delivery of an exception to the furthest of all attempts. */
export function withDelivery<T extends OpenRouterException>(exception: T, delivery: OpenRouterDelivery): T {
  return Object.hasOwn(exception, 'delivery')
    ? Object.assign(exception, { delivery: furthest(delivery, deliveryIn(exception)) })
    : exception;
}

/** For a host with several addresses, Node reports an aggregate without a message. Its first error says more. */
function firstOfAggregate(error: unknown): unknown {
  const errors = peek(error, 'errors');
  return Array.isArray(errors) && errors.length > 0 ? errors[0] : error;
}

function stringMember(value: unknown, name: string): string | undefined {
  const member = peek(value, name);
  return typeof member === 'string' ? member : undefined;
}

function withProxy(message: string, phase: OpenRouterPhase, ignoredProxy: string | undefined): string {
  return ignoredProxy !== undefined && (phase === 'dns' || phase === 'connect' || phase === 'tls')
    ? `${message} ${ignoredProxy}`
    : message;
}

function codeSuffix(code: string): string {
  return code === '' ? '' : ` (${code})`;
}
