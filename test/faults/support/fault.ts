import type { Socket } from 'node:net';
import type { OpenRouterDelivery, OpenRouterPhase } from '../../../lib/contracts/delivery.js';
import type { OpenRouterClient } from '../../../lib/openrouter.client.js';
import type { OpenRouterModuleOptions } from '../../../lib/options/openrouter-options.js';

/** `GET` stands for `getCredits`, a call that may be repeated; `POST` for `createCoinbaseCharge`, which may not. */
export type Method = 'GET' | 'POST';

/** A server that misbehaves, and how a client is put before it. */
export interface Scene {
  readonly baseUrl: string;
  readonly options?: OpenRouterModuleOptions;
  /** How many calls the measured one stands for; 1 if absent. */
  readonly calls?: number;
  /** Requests of the measured call that the server has read. */
  readonly sent: () => number;
  /** Attempts of the measured call, where none of them gets as far as a request. */
  readonly tries?: () => number;
  /** What happens before the measured call. */
  readonly prepare?: (client: OpenRouterClient) => Promise<unknown>;
  /** The measured call; the plain one of the method if absent. */
  readonly call?: (client: OpenRouterClient) => Promise<unknown>;
  /** What else has to hold once the call has settled. */
  readonly verify?: (outcome: unknown, client: OpenRouterClient) => unknown;
  /** Ends what only this scene has opened. */
  readonly end?: () => unknown;
}

/** What a scene is made with. */
export interface Stage {
  readonly method: Method;
  /** Where a second host listens, to which nothing may ever go. */
  readonly foreignUrl: string;
}

export type Way = (stage: Stage) => Promise<Scene> | Scene;

/** How a call has to end. */
export interface Ending {
  readonly sent: number;
  readonly tries?: number;
  /** `value`, or the class of the exception without `OpenRouter` and `Exception`. */
  readonly outcome: string;
  readonly delivery?: OpenRouterDelivery;
  readonly phase?: OpenRouterPhase;
  /** Further members of the exception; `undefined` where one must not be there. */
  readonly also?: Readonly<Record<string, unknown>>;
}

/** Something that goes wrong, and what a caller gets to see of it. */
export interface Fault {
  readonly number: number;
  readonly title: string;
  /** Different ways in which it happens; all of them end alike. */
  readonly ways: Readonly<Record<string, Way>> | Way;
  /** Absent where the fault needs a request of the other method. */
  readonly get?: Ending;
  readonly post?: Ending;
  /** A word on a choice that could have been another one. */
  readonly note?: string;
  readonly options?: OpenRouterModuleOptions;
  /** The heap may grow by that much at most while the call runs. */
  readonly heapMb?: number;
}

/** Does something with the connection on which a request has come. */
export type Handler = (socket: Socket, request: { method: Method; head: string; index: number }) => unknown;

export function value(sent = 1): Ending {
  return { sent, outcome: 'value' };
}

/** No usable answer. */
export function connection(sent: number, delivery: OpenRouterDelivery, phase: OpenRouterPhase): Ending {
  return { sent, outcome: 'Connection', delivery, phase };
}

/** An attempt that takes too long. */
export function timeout(sent: number, delivery: OpenRouterDelivery, phase: OpenRouterPhase): Ending {
  return { sent, outcome: 'Timeout', delivery, phase };
}

/** A success that cannot be read or is not what was promised. */
export function response(sent: number, also?: Ending['also']): Ending {
  return { sent, outcome: 'Response', delivery: 'applied', ...(also && { also }) };
}

/** An answer with an error status. */
export function status(
  code: number,
  outcome: string,
  sent: number,
  delivery: OpenRouterDelivery,
  also: Ending['also'] = {},
): Ending {
  return { sent, outcome, delivery, also: { status: code, ...also } };
}

export function abort(sent: number, delivery: OpenRouterDelivery): Ending {
  return { sent, outcome: 'Abort', delivery };
}

/** The same ending, of which only the number of attempts is known. */
export function tried(tries: number, ending: Ending): Ending {
  return { ...ending, tries };
}
