import type { IncomingMessage } from 'node:http';
import type { HttpService } from '@nestjs/axios';
import type { AxiosAdapter } from 'axios';
import { withoutPollution } from '../options/pollution.js';
import { type Attempt, TransportFault, type WireAnswer, type WireRequest } from './attempt.js';
import type { Connection } from './connection.js';
import { deliveryOf } from './delivery.js';
import { Exchange, type ExchangeListener } from './exchange.js';
import type { Route } from './route.js';
import { readWireAnswer } from './wire-answer.js';

/** An attempt through axios, with an adapter on `node:http` and `node:https`. */
export class NodeAttempt implements Attempt, ExchangeListener {
  readonly #exchange: Exchange;
  #status: number | undefined;
  #resolve: (answer: WireAnswer | Promise<WireAnswer>) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(
    private readonly axios: HttpService['axiosRef'],
    route: Route,
    connection: Connection,
    private readonly maxBytes: number,
  ) {
    this.#exchange = new Exchange(route, connection, this);
  }

  get where(): Attempt['where'] {
    const { phase } = this.#exchange;
    return { phase, delivery: deliveryOf(phase, this.#status) };
  }

  send({ method, url, headers, body }: WireRequest): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      withoutPollution(() =>
        this.axios.request({
          method,
          url,
          headers,
          ...(body !== undefined && { data: body }),
          adapter: this.#adapter,
        }),
      ).catch((error: unknown) => this.onFault(error));
    });
  }

  end(): void {
    this.#exchange.end();
  }

  onAnswer(response: IncomingMessage): void {
    const { statusCode = NaN, headers } = response;
    this.#status = statusCode;
    const header = (name: string): string | undefined => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    this.#resolve(readWireAnswer(statusCode, header, response, this.maxBytes, () => this.end()));
  }

  onFault(error: unknown): void {
    this.#reject(new TransportFault(error, this.#exchange.phase, this.#exchange.isReused));
  }

  /** Never settles: the answer bypasses axios, which would wrap and normalise members that nobody reads. */
  readonly #adapter: AxiosAdapter = ({ method = '', url = '', headers, data }) => {
    this.#exchange.send({ method: method.toUpperCase(), url, headers: headers }, data as string | undefined);
    return new Promise(() => undefined);
  };
}
