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

/** An answer as received. `fault` replaces a body that could not be read. */
export interface WireAnswer {
  readonly status: number;
  readonly header: HeaderReader;
  readonly body: string | undefined;
  readonly fault: BodyFault | undefined;
}

/** Thrown if there was no answer. Carries the error as Node raised it, which must not leave the package. */
export class TransportFault extends Error {
  constructor(
    readonly raw: unknown,
    readonly phase: OpenRouterPhase,
    /** Whether the request was sent on a pooled connection, which the server may have been closing. */
    readonly reused: boolean,
  ) {
    super('no answer');
  }
}

/** One request, which can be ended at any moment. */
export interface Attempt {
  /** The phase of the request, and what would be known of its effect if it ended now. */
  readonly where: { readonly phase: OpenRouterPhase; readonly delivery: OpenRouterDelivery };

  /**
   * Sends the request. The promise may stay pending once the attempt was ended.
   *
   * @throws {@link TransportFault}
   */
  send(request: WireRequest): Promise<WireAnswer>;

  /** Ends the request and its socket. A later answer is dropped. */
  end(): void;
}
