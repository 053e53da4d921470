import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { Duplex } from 'node:stream';
import { withoutPollution } from '../options/pollution.js';
import type { Proxy } from './proxy.js';
import { shield } from './shield.js';

/** Member of a request's options: receives the `CONNECT` request that must succeed before the request has a socket. */
export const ON_CONNECT = Symbol('onConnect');

export interface TunnelOptions {
  readonly proxy: Proxy;
  /** Resolves the name of the proxy. */
  readonly lookup: LookupFunction | undefined;
  readonly family: number | undefined;
}

type TunnelledRequest = https.RequestOptions & {
  readonly [ON_CONNECT]?: (connect: http.ClientRequest) => void;
};
type Callback = (error: Error | null, stream: Duplex) => void;

/** Connects through a proxy: its sockets are TLS sockets inside a tunnel that the proxy opens for a `CONNECT`. */
export class TunnelAgent extends https.Agent {
  readonly #tunnel: TunnelOptions;

  constructor(options: https.AgentOptions, tunnel: TunnelOptions) {
    super(options);
    this.#tunnel = tunnel;
  }

  override createConnection(options: TunnelledRequest, settle: Callback = () => undefined): undefined {
    withoutPollution(() => {
      const connect = this.#requestTunnel(options);
      shield(connect);
      options[ON_CONNECT]?.(connect);
      connect.once('error', settle);
      connect.once('connect', (response, tunnel: Duplex, head: Buffer) => {
        connect.off('error', settle);
        if (isOpen(response)) {
          tunnel.unshift(head);
          // Node's type declarations do not include the member `socket`.
          const inner = { ...options, socket: tunnel } as https.RequestOptions;
          const secure = super.createConnection(inner);
          if (secure) {
            settle(null, secure);
          }
        } else {
          settle(null, refusalConnection(response, tunnel, head));
        }
      });
      connect.end();
    });
  }

  #requestTunnel({ host, port }: TunnelledRequest): http.ClientRequest {
    const { proxy, lookup, family } = this.#tunnel;
    const target = `${host?.includes(':') === true ? `[${host}]` : host}:${port}`;
    const isSecure = proxy.protocol === 'https:';
    return (isSecure ? https : http).request({
      ...(isSecure && this.options),
      protocol: proxy.protocol,
      host: proxy.host,
      port: proxy.port,
      lookup,
      family,
      method: 'CONNECT',
      path: target,
      agent: false,
      insecureHTTPParser: false,
      headers: {
        host: target,
        ...(proxy.authorization !== undefined && { 'proxy-authorization': proxy.authorization }),
      },
    });
  }
}

function isOpen({ statusCode = 0 }: http.IncomingMessage): boolean {
  return statusCode >= 200 && statusCode <= 299;
}

/**
 * A connection on which the proxy's refusal answers the request. It discards whatever is written to it, so that the key
 * does not reach the proxy.
 */
function refusalConnection(response: http.IncomingMessage, socket: Duplex, head: Buffer): Duplex {
  const refusal = new Duplex({
    read: () => socket.resume(),
    write: (_chunk, _encoding, done) => done(),
    // Node ends the connection once it has read the answer, which also closes the one to the proxy.
    final: (done) => {
      done();
      refusal.destroy();
    },
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    if (!refusal.push(chunk)) {
      socket.pause();
    }
  });
  socket.once('end', () => refusal.push(null));
  socket.once('error', (error) => refusal.destroy(error));
  socket.pause();
  refusal.push(headOf(response));
  refusal.push(head);
  return refusal;
}

/** The head of an answer as it was sent, except that its connection cannot be kept for another request. */
function headOf({ statusCode, statusMessage, rawHeaders }: http.IncomingMessage): Buffer {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 1 || /^(?:proxy-)?connection$/i.test(name) ? [] : [`${name}: ${rawHeaders[index + 1]}\r\n`],
  );
  return Buffer.from(
    `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}connection: close\r\n\r\n`,
    'latin1',
  );
}
