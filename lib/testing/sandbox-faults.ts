import { METHODS, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';
import { types } from 'node:util';
import { checkFields, checkInteger, checkOneOf, isRecord, refuse } from './sandbox-checks.js';
import { API_ROOT } from './routes/route.js';

/**
 * A failure of the connection. Each happens after the request was read in full.
 *
 * - `'reset'`: TCP reset, no response.
 * - `'close'`: the connection is closed in order, no response.
 * - `'hang'`: no response, the connection stays open.
 * - `'hang-body'`: status, headers and half of the body; then nothing more, the connection stays open.
 * - `'truncate'`: the same half under a `content-length` for the whole, then the connection is closed.
 * - `'garbage'`: bytes that are no HTTP, then the connection is closed.
 */
export type SandboxFault = 'reset' | 'close' | 'hang' | 'hang-body' | 'truncate' | 'garbage';

/** What {@link OpenRouterSandbox.failNext} takes. Each field may be left out or `undefined`. */
export interface SandboxFailure {
  /** Only requests of this method, in any case. Default: every method. */
  method?: string | undefined;
  /**
   * Only requests to this path, with or without `/api/v1`. A string must equal the path, or the path and its
   * query; a `RegExp` must be found in one of these. Default: every path.
   */
  path?: string | RegExp | undefined;
  /** How many matching requests fail: a whole number from 1, or `Infinity` until `clearFailures()`. Default 1. */
  times?: number | undefined;
  /** Milliseconds to wait before failing. Default 0. */
  delayMs?: number | undefined;
  /**
   * Status to answer, 200 to 599. Default 500; with the faults `'hang-body'` and `'truncate'` 200. No other
   * fault has a status.
   */
  status?: number | undefined;
  /**
   * Extra response headers, for example `{ 'retry-after': 2 }`; they replace those of the same name. Not
   * `content-length` or `transfer-encoding`: use the faults to break a body.
   */
  headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /**
   * What to send: a string (`text/plain`) or bytes as they are, anything else as JSON; `headers` may name another
   * `content-type`. Default: the API's error envelope with its own message for that status; for one
   * below 300 an empty body, or with a fault that cuts it some JSON to cut.
   */
  body?: string | Uint8Array | object | null | undefined;
  /** A connection fault instead of a whole response. */
  fault?: SandboxFault | undefined;
}

type Headers = Readonly<Record<string, string | string[]>>;

/** A body and its content type. */
export interface Content {
  readonly type: string;
  readonly bytes: Buffer;
}

/** A queued failure: checked, frozen against later changes of what the caller passed. */
export interface QueuedFailure {
  readonly matches: (method: string, path: string) => boolean;
  readonly delayMs: number;
  readonly fault: SandboxFault | undefined;
  readonly status: number;
  readonly headers: Headers;
  /** `undefined`: the default of that status. */
  readonly content: Content | undefined;
}

export interface FailureQueue {
  add(failure: SandboxFailure): void;
  /** The first failure in the queue for this request, used up once by asking. */
  take(method: string, path: string): QueuedFailure | undefined;
  clear(): void;
}

export function createFailureQueue(): FailureQueue {
  let queue: { readonly failure: QueuedFailure; left: number }[] = [];
  return {
    add: (failure) => {
      queue.push({ failure: checkFailure(failure), left: checkTimes(failure.times) });
    },
    take: (method, path) => {
      const entry = queue.find(({ failure }) => failure.matches(method, path));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      if (entry.left === 0) queue = queue.filter((other) => other !== entry);
      return entry.failure;
    },
    clear: () => {
      queue = [];
    },
  };
}

/** Breaks the connection of a response that has not begun. */
export function playFault(
  fault: SandboxFault,
  response: ServerResponse,
  { status, headers, bytes }: { status: number; headers: Headers; bytes: Buffer },
): void {
  const { socket } = response.req;
  switch (fault) {
    case 'hang':
      return;
    case 'reset':
      socket.resetAndDestroy();
      return;
    case 'close':
      socket.destroySoon();
      return;
    case 'garbage':
      socket.write('\u0000\u0001 this is no HTTP response\r\n\r\n');
      socket.destroySoon();
      return;
    case 'hang-body':
    case 'truncate':
      response.writeHead(status, { ...headers, 'content-length': Math.max(bytes.length, 1) });
      response.flushHeaders();
      response.write(bytes.subarray(0, bytes.length / 2));
      if (fault === 'truncate') socket.destroySoon();
  }
}

const WHERE = 'failNext';

const FAULTS: readonly SandboxFault[] = ['reset', 'close', 'hang', 'hang-body', 'truncate', 'garbage'];

const FIELDS = [
  'method',
  'path',
  'times',
  'delayMs',
  'status',
  'headers',
  'body',
  'fault',
] as const satisfies readonly (keyof SandboxFailure)[];

function checkTimes(times = 1): number {
  if (times !== Infinity && (!Number.isInteger(times) || times < 1)) {
    refuse(WHERE, 'times', 'a whole number from 1, or Infinity');
  }
  return times;
}

function checkFailure(failure: SandboxFailure): QueuedFailure {
  checkFields(WHERE, failure, FIELDS);
  const { fault, delayMs = 0, headers = {}, body } = failure;
  if (fault !== undefined) checkOneOf(WHERE, 'fault', fault, FAULTS);
  const hasResponse = fault === undefined || fault === 'hang-body' || fault === 'truncate';
  for (const field of ['status', 'headers', 'body'] as const) {
    if (!hasResponse && failure[field] !== undefined) {
      refuse(WHERE, field, `left out with the fault '${fault}', which sends no response`);
    }
  }
  return {
    matches: matcher(failure.method, failure.path),
    delayMs: checkInteger(WHERE, 'delayMs', delayMs, [0, 2_147_483_647]),
    fault,
    status: checkInteger(WHERE, 'status', failure.status ?? (fault === undefined ? 500 : 200), [200, 599]),
    headers: checkHeaders(headers),
    content: body === undefined ? undefined : encode(body),
  };
}

function matcher(
  method: string | undefined,
  path: string | RegExp | undefined,
): (method: string, path: string) => boolean {
  const wanted = method === undefined ? undefined : method.toUpperCase();
  if (wanted !== undefined && !METHODS.includes(wanted)) refuse(WHERE, 'method', 'an HTTP method');
  const matchesPath = pathMatcher(path);
  return (given, full) => (wanted === undefined || wanted === given) && formsOf(full).some(matchesPath);
}

function pathMatcher(path: string | RegExp | undefined): (form: string) => boolean {
  if (path === undefined) return () => true;
  if (types.isRegExp(path)) {
    // With the flags g and y a RegExp remembers where it stopped and skips every other match.
    const pattern = new RegExp(path.source, path.flags.replace(/[gy]/g, ''));
    return (form) => pattern.test(form);
  }
  if (typeof path !== 'string' || !path.startsWith('/')) {
    refuse(WHERE, 'path', "a RegExp or a string that begins with '/', like '/credits'");
  }
  return (form) => form === path;
}

/** The ways to write a path: with the query or without, from the server's root or the API's. */
function formsOf(full: string): string[] {
  const [pathname = ''] = full.split('?');
  const forms = [full, pathname];
  return full.startsWith(`${API_ROOT}/`)
    ? [...forms, ...forms.map((form) => form.slice(API_ROOT.length))]
    : forms;
}

function checkHeaders(headers: NonNullable<SandboxFailure['headers']>): Headers {
  if (!isRecord(headers)) refuse(WHERE, 'headers', 'an object of header names and values');
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
      // Circular, or with a BigInt in it.
    }
  }
  return refuse(WHERE, 'body', 'a string, bytes, or an object that JSON can hold');
}
