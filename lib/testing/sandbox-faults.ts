import { METHODS, validateHeaderName, validateHeaderValue } from 'node:http';
import { types } from 'node:util';
import {
  checkFields,
  type Fields,
  integer,
  isRecord,
  milliseconds,
  mustBe,
  oneOf,
  refuse,
  secret,
} from './check-fields.js';
import { API_ROOT } from './routes/route.js';

/**
 * A failure of the connection. Each happens after the request was read in full.
 *
 * - `'reset'`: TCP reset, no response.
 * - `'close'`: the connection is closed normally, no response.
 * - `'hang'`: no response, the connection stays open.
 * - `'hang-body'`: status, headers and half of the body; then nothing more, the connection stays open.
 * - `'truncate'`: the same half under a `content-length` for the whole, then the connection is closed.
 * - `'garbage'`: bytes that are not HTTP, then the connection is closed.
 */
export type SandboxFault = 'reset' | 'close' | 'hang' | 'hang-body' | 'truncate' | 'garbage';

/** The argument of {@link OpenRouterSandbox.failNext}. Each field may be left out or `undefined`. */
export interface SandboxFailure {
  /** Only requests of this method, in any case. Default: every method. */
  method?: string | undefined;
  /**
   * Only requests to this path, with or without `/api/v1`. A string must equal the path, or the path and its
   * query; a `RegExp` must be found in one of these. Default: every path.
   */
  path?: string | RegExp | undefined;
  /**
   * `'before'`: the request is not carried out and does not change the account. `'after'`: it is carried out and its answer
   * is lost, so a key may exist without its creator knowing. Default `'before'`.
   */
  when?: 'before' | 'after' | undefined;
  /** How many matching requests fail: a whole number from 1, or `Infinity` until `clearFailures()`. Default 1. */
  times?: number | undefined;
  /** Milliseconds to wait before failing. Default 0. */
  delayMs?: number | undefined;
  /**
   * Status of the answer, 200 to 599. Default 500. With the faults `'hang-body'` and `'truncate'` the default is 200, or
   * with `when: 'after'` the status of the lost answer. Other faults have no status.
   */
  status?: number | undefined;
  /**
   * Extra response headers, for example `{ 'retry-after': 2 }`. They replace headers of the same name.
   * `content-length` and `transfer-encoding` are refused: use a fault to break a body.
   */
  headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /**
   * The body: a string (`text/plain`) or bytes are sent unchanged, anything else as JSON; `headers` may set another
   * `content-type`. Default: the API's error envelope with its own message for the status. For a status below 300 the
   * default is an empty body, or with a fault that cuts the body some JSON, or with `when: 'after'` the lost answer.
   */
  body?: string | Uint8Array | object | null | undefined;
  /** A connection fault instead of a whole response. */
  fault?: SandboxFault | undefined;
}

/** Response headers by lower-case name. */
export type Headers = Readonly<Record<string, string | string[]>>;

/** A body and its content type. */
export interface Content {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A queued failure: checked, and independent of later changes to the caller's object. */
export interface QueuedFailure {
  readonly matches: (method: string, path: string) => boolean;
  readonly when: 'before' | 'after';
  readonly delayMs: number;
  readonly fault: SandboxFault | undefined;
  /** `undefined` for the default, as with `content`. */
  readonly status: number | undefined;
  readonly headers: Headers;
  readonly content: Content | undefined;
}

export interface FailureQueue {
  add(failure: SandboxFailure): void;
  /** Returns the first failure in the queue that matches a request, and counts it as used once. */
  take(method: string, path: string): QueuedFailure | undefined;
  /** The failures still in the queue, as they were added, with the remaining `times`. */
  pending(): SandboxFailure[];
  clear(): void;
}

export function createFailureQueue(): FailureQueue {
  let queue: { readonly given: SandboxFailure; readonly failure: QueuedFailure; left: number }[] = [];
  return {
    add: (given) => {
      const { failure, times } = checkFailure(given);
      queue.push({ given: { ...given }, failure, left: times });
    },
    take: (method, path) => {
      const entry = queue.find(({ failure }) => failure.matches(method, path));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      if (entry.left === 0) queue = queue.filter((other) => other !== entry);
      return entry.failure;
    },
    pending: () => queue.map(({ given, left }) => ({ ...given, times: left })),
    clear: () => {
      queue = [];
    },
  };
}

const WHERE = 'failNext';

const FAULTS: readonly SandboxFault[] = ['reset', 'close', 'hang', 'hang-body', 'truncate', 'garbage'];

const FIELDS: Fields<SandboxFailure> = {
  method: mustBe(
    'an HTTP method',
    (value) => typeof value === 'string' && METHODS.includes(value.toUpperCase()),
  ),
  path: mustBe(
    "a RegExp or a string that begins with '/', like '/credits'",
    (value) => types.isRegExp(value) || (typeof value === 'string' && value.startsWith('/')),
  ),
  when: oneOf(['before', 'after']),
  times: mustBe(
    'a whole number from 1, or Infinity',
    (value) => value === Infinity || (typeof value === 'number' && Number.isInteger(value) && value >= 1),
  ),
  delayMs: milliseconds,
  status: integer(200, 599),
  headers: secret(mustBe('an object of header names and values', isRecord)),
  body: () => undefined,
  fault: oneOf(FAULTS),
};

function checkFailure(failure: SandboxFailure): { failure: QueuedFailure; times: number } {
  const given = checkFields(WHERE, failure, FIELDS);
  const { method, path, when = 'before', times = 1, fault, delayMs = 0, status, headers = {}, body } = given;
  const hasResponse = fault === undefined || fault === 'hang-body' || fault === 'truncate';
  for (const field of ['status', 'headers', 'body'] as const) {
    if (!hasResponse && given[field] !== undefined) {
      refuse(WHERE, field, `left out with the fault '${fault}', which sends no response`);
    }
  }
  return {
    times,
    failure: {
      matches: matcher(method?.toUpperCase(), path),
      when,
      delayMs,
      fault,
      status,
      headers: checkHeaders(headers),
      content: body === undefined ? undefined : encode(body),
    },
  };
}

function matcher(
  method: string | undefined,
  path: string | RegExp | undefined,
): (method: string, path: string) => boolean {
  const matchesPath = pathMatcher(path);
  return (given, full) => (method === undefined || method === given) && formsOf(full).some(matchesPath);
}

function pathMatcher(path: string | RegExp | undefined): (form: string) => boolean {
  if (path === undefined) return () => true;
  if (typeof path === 'string') return (form) => form === path;
  // With the flags g and y a RegExp keeps its position between tests, and would skip matches.
  const pattern = new RegExp(path.source, path.flags.replace(/[gy]/g, ''));
  return (form) => pattern.test(form);
}

/** The forms of a path: with and without the query, from the server's root and from the API's. */
function formsOf(full: string): string[] {
  const [pathname = ''] = full.split('?');
  const forms = [full, pathname];
  return full.startsWith(`${API_ROOT}/`)
    ? [...forms, ...forms.map((form) => form.slice(API_ROOT.length))]
    : forms;
}

function checkHeaders(headers: NonNullable<SandboxFailure['headers']>): Headers {
  const checked: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const field = `headers[${JSON.stringify(name)}]`;
    const lowerCase = name.toLowerCase();
    if (lowerCase === 'content-length' || lowerCase === 'transfer-encoding') {
      refuse(WHERE, field, "left out; fault: 'truncate' breaks a body");
    }
    const text = Array.isArray(value) ? value.map(String) : String(value);
    try {
      validateHeaderName(name);
      for (const line of [text].flat()) validateHeaderValue(name, line);
    } catch {
      refuse(WHERE, field, 'a valid header name and value');
    }
    checked[lowerCase] = text;
  }
  return checked;
}

function encode(body: unknown): Content {
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', bytes: Buffer.from(body) };
  if (types.isUint8Array(body)) return { type: 'application/octet-stream', bytes: Buffer.from(body) };
  if (typeof body === 'object') {
    try {
      return { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) };
    } catch {
      // Circular, or containing a BigInt.
    }
  }
  return refuse(WHERE, 'body', 'a string, bytes, or an object that JSON can hold');
}
