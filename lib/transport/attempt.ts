import type { OpenRouterDelivery, OpenRouterPhase } from '../contracts/delivery.js';
import type { HeaderReader } from '../errors/parsing/header-reader.js';
import type { BodyFault } from './response-body.js';

/** A request as it goes over the wire; holds the key. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** An answer as it came. `fault` replaces a body that could not be read. */
export interface WireAnswer {
  readonly status: number;
  readonly header: HeaderReader;
  readonly body: string | undefined;
  readonly fault: BodyFault | undefined;
}

/** There was no answer. Carries the error as Node raised it, which must not leave the package. */
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

/** One request on its way, which can be ended at any moment. */
export interface Attempt {
  /** Where the request is, and what is known of its effect if it ended now. */
  readonly where: { readonly phase: OpenRouterPhase; readonly delivery: OpenRouterDelivery };

  /**
   * Sends the request. The promise may stay pending once the attempt was ended.
   *
   * @throws {@link TransportFault}
   */
  send(request: WireRequest): Promise<WireAnswer>;

  /** Ends the request and its socket, and drops whatever comes after that. */
  end(): void;
}
