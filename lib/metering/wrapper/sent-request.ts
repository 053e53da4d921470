import { hashKey } from '../../secret/key-hash.js';
import { isRecord } from '../../untrusted/is-record.js';
import { bodyFacts, type BodyFacts, NO_BODY_FACTS } from './body-facts.js';

export type FetchInput = Parameters<typeof globalThis.fetch>[0];
export type FetchInit = Parameters<typeof globalThis.fetch>[1];

const BEARER = /^bearer +(\S+) *$/i;
const JSON_TYPE = /[/+]json\b/i;

/** What a caller has passed to `fetch`, read without consuming anything. */
export class SentRequest {
  readonly #input: unknown;
  readonly #init: Readonly<Record<string, unknown>>;
  readonly #request: Request | undefined;

  constructor(input: FetchInput, init: FetchInit) {
    this.#input = input;
    this.#init = isRecord(init) ? init : {};
    this.#request = isRequest(input) ? input : undefined;
  }

  get isPost(): boolean {
    const method = this.#init['method'] ?? this.#request?.method;
    return typeof method === 'string' && (method === 'POST' || method.toUpperCase() === 'POST');
  }

  get url(): string {
    return this.#request?.url ?? String(this.#input);
  }

  get signal(): AbortSignal | undefined {
    const own = this.#init['signal'];
    return (own === undefined ? this.#request?.signal : (own as AbortSignal | null)) ?? undefined;
  }

  /** The hash of the key in `authorization`. */
  get keyHash(): string | undefined {
    const authorization = headerOf(this.#init['headers'] ?? this.#request?.headers, 'authorization');
    const key = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    return key === undefined ? undefined : hashKey(key);
  }

  /** What the body says of the completion. A promise only where the body is that of a `Request`. */
  get facts(): BodyFacts | Promise<BodyFacts> {
    const body = this.#init['body'];
    if (body !== undefined && body !== null) {
      return bodyFacts(body);
    }
    const request = this.#request;
    if (request === undefined || request.body === null || !isJson(request)) {
      return NO_BODY_FACTS;
    }
    return request
      .clone()
      .text()
      .then(bodyFacts, () => NO_BODY_FACTS);
  }
}

function isJson(request: Request): boolean {
  return JSON_TYPE.test(request.headers.get('content-type') ?? '');
}

// `Request` may be that of another realm, or of a copy of undici.
function isRequest(input: unknown): input is Request {
  return (
    typeof input === 'object' &&
    input !== null &&
    'url' in input &&
    'method' in input &&
    'clone' in input &&
    typeof input.url === 'string'
  );
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) {
    return undefined;
  }
  if ('get' in headers && typeof headers.get === 'function') {
    return textOf((headers as Headers).get(name));
  }
  const pairs = Symbol.iterator in headers ? (headers as Iterable<unknown>) : Object.entries(headers);
  for (const pair of pairs) {
    if (Array.isArray(pair) && String(pair[0]).toLowerCase() === name) {
      return textOf(pair[1]);
    }
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
