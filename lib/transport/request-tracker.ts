import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { OpenRouterPhase } from '../contracts/delivery.js';
import { withoutPollution } from '../options/pollution.js';
import { REQUEST_ID } from './http-agents.js';

/**
 * Follows one request through its phases, and keeps what the HTTP library does not hand out: its socket and the
 * error as Node raised it.
 */
export class RequestTracker {
  #request: http.ClientRequest | undefined;
  #ended = false;
  #phase: OpenRouterPhase;

  /** The error as Node raised it. */
  error: Error | undefined;

  /**
   * Takes the answer as soon as it begins, in place of axios, which would wrap and normalise what nobody reads. Left
   * out where another adapter is at work, which may do with the answer what it likes.
   */
  onAnswer: ((response: http.IncomingMessage) => void) | undefined;

  /** Called when the request ends with neither an answer nor an error, which axios never notices. */
  onLost: (() => void) | undefined;

  /**
   * @param isOurs - Whether the request goes through {@link request}. What another adapter does is not seen, so
   * that its request has to count as sent from the start.
   */
  constructor(isOurs: boolean) {
    this.#phase = isOurs ? 'queue' : 'headers';
  }

  /** Where the request is, or was when it ended. */
  get phase(): OpenRouterPhase {
    return this.#phase;
  }

  /** Whether the request went out on a connection that was kept from an earlier one. */
  get reused(): boolean {
    return this.#request?.reusedSocket === true;
  }

  /** Told by whoever has got the answer's headers. */
  answered(): void {
    this.#phase = 'body';
  }

  /** What axios sends the request by: the tracker is its `transport`. */
  request(
    options: https.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest {
    if (this.#ended) {
      throw new Error('the request was ended before it began');
    }
    const secure = options.protocol === 'https:';
    Object.assign(options, { [REQUEST_ID]: randomUUID() });
    const request = (secure ? https : http).request(options, (response) => {
      shield(response);
      this.answered();
      (this.onAnswer ?? onResponse)(response);
    });
    shield(request);
    this.#request = request;
    const byName = isIP(options.hostname ?? '') === 0;
    request.once('socket', (socket) =>
      withoutPollution(() => {
        shield(socket);
        this.#watch(socket, secure, byName);
      }),
    );
    request.once('error', (error) => {
      this.error = error;
    });
    request.once('close', () => {
      if (this.#phase !== 'body' && this.error === undefined) {
        this.onLost?.();
      }
    });
    return request;
  }

  /** Ends the request and its socket; one that has not begun never will. */
  end(): void {
    this.#ended = true;
    this.#request?.destroy();
  }

  #watch(socket: Socket, secure: boolean, byName: boolean): void {
    const isFresh = this.#request?.reusedSocket !== true;
    if (!socket.connecting && !(isFresh && socket.destroyed)) {
      this.#phase = 'headers';
      return;
    }
    // A fresh socket that is gone already has not got past here: its lookup called back at once.
    this.#phase = byName ? 'dns' : 'connect';
    socket.once('lookup', (error: Error | null | undefined) => {
      this.#phase = error ? 'dns' : 'connect';
    });
    socket.once('connect', () => {
      this.#phase = secure ? 'tls' : 'headers';
    });
    if (secure) {
      socket.once('secureConnect', () => {
        this.#phase = 'headers';
      });
    }
  }
}

/**
 * Keeps pollution from what Node does at each event: it makes responses of settings that inherit, and looks for
 * listeners where some are inherited.
 */
function shield(emitter: EventEmitter): void {
  if (!Object.hasOwn(emitter, 'emit')) {
    const emit = emitter.emit.bind(emitter) as (...event: unknown[]) => boolean;
    emitter.emit = (...event: unknown[]) => withoutPollution(() => emit(...event));
  }
}
