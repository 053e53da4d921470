import type { HttpService } from '@nestjs/axios';
import { AxiosHeaders, type RawAxiosHeaders } from 'axios';
import type { OpenRouterDelivery, OpenRouterPhase } from '../contracts/delivery.js';
import { deliveryOf } from './call-failure.js';
import { RequestTracker } from './request-tracker.js';
import { BodyFault, collectBody, decodeBody, isUnpacked } from './response-body.js';

/** A request as it goes over the wire; holds the key. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** An answer as it came. `fault` stands in for a body that could not be read. */
export interface WireAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: string | undefined;
  readonly fault: BodyFault | undefined;
}

/** Settings of the HTTP library that differ from request to request. */
export type RequestAgents = Readonly<Record<string, unknown>>;

/** No answer came. Carries the error as Node raised it, which must not leave the package. */
export class TransportFault extends Error {
  constructor(
    readonly raw: unknown,
    readonly phase: OpenRouterPhase,
  ) {
    super('no answer');
  }
}

/** One request on its way: sends it, follows it, and can end it at any moment. */
export class Attempt {
  readonly #abort = new AbortController();
  readonly #tracker: RequestTracker;
  #status: number | undefined;
  #onLost: () => void = () => undefined;

  constructor(
    private readonly axios: HttpService['axiosRef'],
    private readonly agents: RequestAgents,
    private readonly maxBytes: number,
  ) {
    this.#tracker = new RequestTracker(agents['adapter'] === undefined, () => this.#onLost());
  }

  /** Where the request is, and what is known of its effect if it ended now. */
  get where(): { phase: OpenRouterPhase; delivery: OpenRouterDelivery } {
    const { phase } = this.#tracker;
    return { phase, delivery: deliveryOf(phase, this.#status) };
  }

  /**
   * Sends the request.
   *
   * @throws {@link TransportFault}
   */
  async send(request: WireRequest): Promise<WireAnswer> {
    const response = await this.#answer(request);
    this.#tracker.answered();
    this.#status = response.status;
    const header = headerReader(response.headers);
    const { body, fault } = await this.#read(response.data, header);
    return { status: response.status, header, body, fault };
  }

  /** Ends the request and its socket; whatever comes after that is dropped. */
  end(): void {
    this.#abort.abort();
    this.#tracker.destroy();
  }

  async #answer({ method, url, headers, body }: WireRequest) {
    // axios waits for ever for some ends of a request, such as a switch of protocols that nobody asked for.
    const lost = new Promise<never>((_resolve, reject) => {
      this.#onLost = () => reject(new Error('the connection was closed without an answer'));
    });
    try {
      return await Promise.race([
        this.axios.request<unknown>({
          ...this.agents,
          method,
          url,
          headers,
          data: body,
          signal: this.#abort.signal,
          transport: this.#tracker.transport,
        }),
        lost,
      ]);
    } catch (error) {
      throw new TransportFault(this.#tracker.error ?? causeOf(error), this.#tracker.phase);
    }
  }

  async #read(data: unknown, header: WireAnswer['header']): Promise<Pick<WireAnswer, 'body' | 'fault'>> {
    try {
      if (Number(header('content-length')) > this.maxBytes) {
        this.end();
        throw new BodyFault('too-large', `the body is larger than \`maxResponseBytes\` (${this.maxBytes})`);
      }
      const bytes = await collectBody(data, this.maxBytes);
      const encoding = isUnpacked(data) ? undefined : header('content-encoding');
      return { body: await decodeBody(bytes, encoding, this.maxBytes), fault: undefined };
    } catch (error) {
      if (error instanceof BodyFault) {
        return { body: undefined, fault: error };
      }
      throw error;
    }
  }
}

/** Reads headers by name, in whatever letters an adapter has left them. */
function headerReader(headers: unknown): WireAnswer['header'] {
  const all = AxiosHeaders.from(headers as RawAxiosHeaders);
  return (name) => {
    const value = all.get(name);
    return typeof value === 'string' ? value : undefined;
  };
}

/** The error below axios' own, where there is one. */
function causeOf(error: unknown): unknown {
  const cause: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'cause') : undefined;
  return cause ?? error;
}
