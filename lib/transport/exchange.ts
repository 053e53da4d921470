import type { ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { OpenRouterPhase } from '../contracts/delivery.js';
import { withoutPollution } from '../options/pollution.js';
import { TCP_KEEP_ALIVE_MS } from './agents.js';
import type { Connection } from './connection.js';
import type { RequestHead, Route } from './route.js';
import type { Leave } from './semaphore.js';
import { shield } from './shield.js';

/** Member of a TLS socket that Node's type declarations do not include: whether its handshake is in progress. */
const SECURE_CONNECTING = 'secureConnecting';

/** Receives the result of an exchange: exactly one of the two calls, once. */
export interface ExchangeListener {
  /** The answer has begun. Later failures surface in its body. */
  onAnswer(response: IncomingMessage): void;
  /** There is no answer. */
  onFault(error: Error): void;
}

/** One request over `node:http` or `node:https`, and its phase. */
export class Exchange {
  #request: ClientRequest | undefined;
  /** The `CONNECT` request of a tunnel. */
  #connect: ClientRequest | undefined;
  #leave: Leave | undefined;
  #phase: OpenRouterPhase = 'queue';
  #isSettled = false;
  #isEnded = false;

  constructor(
    private readonly route: Route,
    private readonly connection: Connection,
    private readonly listener: ExchangeListener,
  ) {}

  /** The phase of the request, or the one in which it ended. */
  get phase(): OpenRouterPhase {
    const request = this.#request;
    if (this.#phase === 'queue' && request?.reusedSocket === true) {
      // Node assigns the socket, and writes to it, in the next tick.
      return request.socket === null ? 'queue' : 'headers';
    }
    return this.#phase;
  }

  /** Whether the request was sent on an idle connection of an earlier one. */
  get isReused(): boolean {
    return this.#request?.reusedSocket === true;
  }

  /** Sends the request as soon as it has a place. */
  send(head: RequestHead, body: string | undefined): void {
    const queue = this.route.queueOf(this.connection);
    if (queue === undefined) {
      this.#begin(head, body);
    } else {
      this.#leave = queue.enter((leave) => {
        this.#leave = leave;
        this.#begin(head, body);
      });
    }
  }

  /** Ends the request and its socket. A request that still waits is never sent. */
  end(): void {
    this.#isEnded = true;
    this.#connect?.destroy();
    if (this.#request === undefined) {
      this.#leave?.();
    } else {
      this.#request.destroy();
    }
  }

  #begin(head: RequestHead, body: string | undefined): void {
    if (this.#isEnded) {
      this.#leave?.();
      return;
    }
    try {
      withoutPollution(() => {
        const request = this.route.open(head, this.connection, (connect) => {
          this.#connect = connect;
          this.#follow(connect, 'connect');
        });
        this.#request = request;
        shield(request);
        if (!request.reusedSocket) {
          this.#follow(request, 'headers');
        }
        request.on('response', (response) => {
          shield(response);
          this.#phase = 'body';
          this.#isSettled = true;
          this.listener.onAnswer(response);
        });
        request.on('error', (error) => this.#fail(error));
        request.on('close', () => {
          // Some requests end with neither an answer nor an error, for example after a switch of protocols.
          this.#fail(new Error('the connection was closed without an answer'));
          if (this.#leave !== undefined) {
            // Node returns the socket to its pool only after this event.
            process.nextTick(this.#leave);
          }
        });
        request.end(body);
      });
    } catch (error) {
      this.#fail(error as Error);
      this.end();
    }
  }

  #fail(error: Error): void {
    if (!this.#isSettled) {
      this.#isSettled = true;
      this.listener.onFault(error);
    }
  }

  /** Follows the phases of a new socket. `upTo` is the phase that begins when the request can be written. */
  #follow(request: ClientRequest, upTo: OpenRouterPhase): void {
    request.once('socket', (socket: Socket) =>
      withoutPollution(() => {
        shield(socket);
        this.#watch(socket, upTo);
      }),
    );
  }

  #watch(socket: Socket, upTo: OpenRouterPhase): void {
    if (socket instanceof Socket) {
      socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    }
    const { isByName } = this.route;
    const isSecure = SECURE_CONNECTING in socket;
    const isHandshaking = Reflect.get(socket, SECURE_CONNECTING) === true;
    const toPhase = (phase: OpenRouterPhase) => () => {
      this.#phase = phase;
    };
    // If a new socket is already destroyed, its lookup has called back synchronously with an error.
    if (socket.connecting || (socket.destroyed && this.#request?.reusedSocket !== true)) {
      this.#phase = isByName ? 'dns' : 'connect';
      socket.once('lookup', (error: Error | null | undefined) => {
        this.#phase = error ? 'dns' : 'connect';
      });
      socket.once('connect', toPhase(isSecure ? 'tls' : upTo));
    } else {
      this.#phase = isHandshaking ? 'tls' : upTo;
    }
    // A socket that another request has used is open already, so the listener would stay on it.
    if (isHandshaking) {
      socket.once('secureConnect', toPhase(upTo));
    }
  }
}
