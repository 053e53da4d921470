import type { IncomingHttpHeaders } from 'node:http';
import type { CompletionRun } from '../completions/completion-run.js';
import type { SandboxCaller } from '../sandbox-caller.js';

/** The prefix of all paths of the API. */
export const API_ROOT = '/api/v1';

/** The part of a request that routes read. */
export interface SandboxCall {
  readonly caller: SandboxCaller;
  /** Path and query as sent. */
  readonly path: string;
  /** The values of the `{name}` placeholders in the route's path. */
  readonly params: Readonly<Partial<Record<string, string>>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: unknown;
}

/** An answer: a body, or an error envelope around a message (by default the API's own for the status). */
export type SandboxReply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Absent for an empty body. */
      readonly json?: object;
      /** Sent as a stream of server-sent events, in place of `json`. */
      readonly stream?: Iterable<StreamPiece>;
      /** Milliseconds from the first to the last byte. */
      readonly takesMs?: number;
      /** Whether the connection is cut: in the middle of the JSON, or after the last piece. */
      readonly isCut?: boolean;
      /** The completion that is answered. */
      readonly run?: CompletionRun;
    }
  | SandboxRefusal;

/** What is written at once into a stream: one event, or a comment. */
export interface StreamPiece {
  readonly text: string;
  /** Milliseconds to wait before it. */
  readonly pauseMs?: number;
  /** Whether it holds a text chunk of the answer, or what comes after them. */
  readonly kind?: 'chunk' | 'end';
}

export interface SandboxRefusal {
  readonly refused: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
  readonly metadata?: object;
}

/**
 * Who may call a route: anybody; any key of the account; only the management key (others get 403); only an inference key
 * (a management key gets 401, as from the API).
 */
export type SandboxAccess = 'anybody' | 'any-key' | 'management-key' | 'inference-key';

export interface SandboxRoute {
  readonly method: string;
  /** Path below the API's root, in the notation of OpenAPI: `/keys/{hash}`. */
  readonly path: string;
  readonly access: SandboxAccess;
  readonly handle: (call: SandboxCall) => SandboxReply;
}

export function refusal(refused: number, message?: string, metadata?: object): SandboxRefusal {
  return {
    refused,
    ...(message === undefined ? {} : { message }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** 400 with the field and the rule it breaks. */
export function invalid(problem: string): SandboxRefusal {
  return refusal(400, `Invalid request parameters: ${problem}`);
}
