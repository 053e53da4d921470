import type { HttpService } from '@nestjs/axios';
import type { OpenRouterDelivery, OpenRouterPhase } from '../contracts/delivery.js';
import { headerReader, type HeaderReader } from '../errors/parsing/header-reader.js';
import { withoutPollution } from '../options/pollution.js';
import { peek } from '../untrusted/peek.js';
import { deliveryOf, isSuccess } from './delivery.js';
import { RequestTracker } from './request-tracker.js';
import { BodyFault, type BodyLimit, collectBody, decodeBody, isUnpacked } from './response-body.js';

/** So much of an error answer is read, in bytes, as sent and unpacked. */
const LONGEST_ERROR = 65_536;

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
  readonly header: HeaderReader;
  readonly body: string | undefined;
  readonly fault: BodyFault | undefined;
}

/** No answer came. Carries the error as Node raised it, which must not leave the package. */
export class TransportFault extends Error {
  constructor(
    readonly raw: unknown,
    readonly phase: OpenRouterPhase,
    /** Whether the request went out on a kept connection, which the server may just have been closing. */
    readonly reused: boolean,
  ) {
    super('no answer');
  }
}

/** One request on its way: sends it, follows it, and can end it at any moment. */
export class Attempt {
  readonly #tracker: RequestTracker;
  /** Only another adapter needs a signal; what goes through the tracker is ended by it. */
  readonly #abort: AbortController | undefined;
  #status: number | undefined;

  /**
   * @param hasAdapter - Whether axios sends requests in a way of the user's.
   * @param maxBytes - Largest body that is read.
   */
  constructor(
    private readonly axios: HttpService['axiosRef'],
    private readonly hasAdapter: boolean,
    private readonly maxBytes: number,
  ) {
    this.#tracker = new RequestTracker(!hasAdapter);
    this.#abort = hasAdapter ? new AbortController() : undefined;
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
  send({ method, url, headers, body }: WireRequest): Promise<WireAnswer> {
    const tracker = this.#tracker;
    return new Promise((resolve, reject) => {
      const take = (status: number, header: HeaderReader, data: unknown): void => {
        this.#status = status;
        this.#read(status, header, data).then(resolve, reject);
      };
      const fail = (raw: unknown): void => reject(new TransportFault(raw, tracker.phase, tracker.reused));
      if (!this.hasAdapter) {
        tracker.onAnswer = (response) => {
          const { statusCode = NaN, headers } = response;
          take(statusCode, (name) => textOf(headers[name]), response);
        };
      }
      // axios waits for ever for some ends of a request, such as a switch of protocols that nobody asked for.
      tracker.onLost = () => fail(new Error('the connection was closed without an answer'));
      const sent = withoutPollution(() =>
        this.axios
          // What is the same for every request is in the defaults of the instance: axios merges key by key.
          .request<unknown>({
            method,
            url,
            headers,
            transport: tracker,
            ...(body !== undefined && { data: body }),
            ...(this.#abort !== undefined && { signal: this.#abort.signal }),
          }),
      );
      sent.then(
        (answer) => {
          tracker.answered();
          take(answer.status, headerReader(answer.headers), answer.data);
        },
        (error: unknown) => {
          // What happens once the answer has begun is told by its body.
          if (this.#status === undefined) {
            fail(tracker.error ?? causeOf(error));
          }
        },
      );
    });
  }

  /** Ends the request and its socket; whatever comes after that is dropped. */
  end(): void {
    this.#tracker.end();
    this.#abort?.abort();
  }

  /** Listens to the body before it returns: an answer may be gone by the next turn. */
  async #read(status: number, header: HeaderReader, data: unknown): Promise<WireAnswer> {
    try {
      if (Number(header('content-length')) > this.maxBytes) {
        this.end();
        throw new BodyFault('too-large', `the body is larger than \`maxResponseBytes\` (${this.maxBytes})`);
      }
      const limit = limitOf(status, this.maxBytes);
      const collected = await collectBody(data, limit);
      if (collected.isCut) {
        this.end();
      }
      const encoding = isUnpacked(data) ? undefined : header('content-encoding');
      return { status, header, body: await decodeBody(collected, encoding, limit), fault: undefined };
    } catch (error) {
      if (error instanceof BodyFault) {
        return { status, header, body: undefined, fault: error };
      }
      throw error;
    }
  }
}

/** Of an error the beginning says all there is to say. */
function limitOf(status: number, maxBytes: number): BodyLimit {
  return isSuccess(status)
    ? { maxBytes, mayCut: false }
    : { maxBytes: Math.min(maxBytes, LONGEST_ERROR), mayCut: true };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The error below axios' own, where there is one. */
function causeOf(error: unknown): unknown {
  return peek(error, 'cause') ?? error;
}
