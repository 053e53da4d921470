import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig } from 'axios';
import type { OpenRouterPhase } from '../contracts/delivery.js';
import { headerReader } from '../errors/parsing/header-reader.js';
import { withoutPollution } from '../options/pollution.js';
import { peek } from '../untrusted/peek.js';
import { type Attempt, TransportFault, type WireAnswer, type WireRequest } from './attempt.js';
import { deliveryOf } from './delivery.js';
import { readWireAnswer } from './wire-answer.js';

/**
 * An attempt through an adapter of the user. The package cannot see what the adapter does, so the request counts as
 * sent from the start.
 */
export class AdapterAttempt implements Attempt {
  readonly #abort = new AbortController();
  #status: number | undefined;

  constructor(
    private readonly axios: HttpService['axiosRef'],
    private readonly agents: Pick<AxiosRequestConfig, 'httpAgent' | 'httpsAgent'>,
    private readonly maxBytes: number,
  ) {}

  get where(): Attempt['where'] {
    const phase = this.#phase;
    return { phase, delivery: deliveryOf(phase, this.#status) };
  }

  async send({ method, url, headers, body }: WireRequest): Promise<WireAnswer> {
    let answer;
    try {
      answer = await withoutPollution(() =>
        this.axios.request<unknown>({
          method,
          url,
          headers,
          ...this.agents,
          signal: this.#abort.signal,
          ...(body !== undefined && { data: body }),
        }),
      );
    } catch (error) {
      throw new TransportFault(peek(error, 'cause') ?? error, this.#phase, false);
    }
    const { status, data } = answer;
    this.#status = status;
    return readWireAnswer(status, headerReader(answer.headers), data, this.maxBytes, () => this.end());
  }

  end(): void {
    this.#abort.abort();
  }

  get #phase(): OpenRouterPhase {
    return this.#status === undefined ? 'headers' : 'body';
  }
}
