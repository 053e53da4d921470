import type { IncomingHttpHeaders } from 'node:http';
import type { SandboxCaller } from '../sandbox-caller.js';

/** Where the API's paths begin. */
export const API_ROOT = '/api/v1';

/** One request, as far as a route looks at it. */
export interface SandboxCall {
  readonly caller: SandboxCaller;
  /** What stands in the path for each `{name}` of the route. */
  readonly params: Readonly<Partial<Record<string, string>>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: unknown;
}

/** An answer: a body of its own, or an error envelope around a message (by default the API's own for that status). */
export type SandboxReply =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Absent: an empty body. */
      readonly json?: object;
      /** Sent as a stream of server-sent events, in place of `json`. */
      readonly events?: readonly object[];
      /** Milliseconds from its beginning to its last byte. */
      readonly takesMs?: number;
      /** Called once, when the answer ends: just before its last byte, or when its client has left. */
      readonly onEnd?: () => void;
    }
  | SandboxRefusal;

export interface SandboxRefusal {
  readonly refused: number;
  readonly message?: string;
  readonly metadata?: object;
}

/**
 * Who may call a route: anybody; any key of the account; the management key alone (others get 403); an inference
 * key alone (a management key is told 401, as the API does).
 */
export type SandboxAccess = 'anybody' | 'any-key' | 'management-key' | 'inference-key';

export interface SandboxRoute {
  readonly method: string;
  /** Below the API's root, in the manner of OpenAPI: `/keys/{hash}`. */
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
