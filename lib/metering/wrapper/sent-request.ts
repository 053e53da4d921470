import { hashKey } from '../../secret/key-hash.js';
import { bodyFacts, type BodyFacts, NO_BODY_FACTS } from './body-facts.js';
import { destinations } from './metered-paths.js';

export type FetchInput = Parameters<typeof globalThis.fetch>[0];
export type FetchInit = Parameters<typeof globalThis.fetch>[1];

const BEARER = /^bearer +(\S+) *$/i;
export const JSON_TYPE = /[/+]json\b/i;

/** A request for a completion. */
export interface SentRequest {
  /** Below the base URL, without a query. */
  readonly path: string;
  readonly url: string;
  readonly signal: AbortSignal | undefined;
  /** The hash of the key in `authorization`. */
  readonly keyHash: string | undefined;
  /** What the body says of the completion. A promise only where the body is that of a `Request`. */
  readonly facts: BodyFacts | Promise<BodyFacts>;
}

/**
 * Makes a reader of what callers pass to `fetch`, which consumes nothing of it.
 *
 * @param onForeign - Called once, when a `POST` goes to another server than that of the base URL.
 * @returns A function that returns `undefined` for what is no completion, and for what `fetch` will refuse.
 */
export function requestReader(
  baseUrl: string,
  onForeign: ((origin: string) => void) | undefined,
): (input: FetchInput, init: FetchInit) => SentRequest | undefined {
  const destinationOf = destinations(baseUrl);
  const hashOf = keyHashes();
  let announceForeign = onForeign;

  const read = (input: FetchInput, given: FetchInit): SentRequest | undefined => {
    const request = isRequest(input) ? input : undefined;
    const init = given ?? {};
    const isUsed = request?.bodyUsed === true && (init.body ?? null) === null;
    if (isUsed || !isPost(init.method ?? request?.method)) {
      return undefined;
    }
    const url = isRequest(input) ? input.url : String(input);
    const destination = destinationOf(url);
    if (destination?.kind === 'foreign') {
      announceForeign?.(destination.origin);
      announceForeign = undefined;
    }
    return destination?.kind === 'completion'
      ? {
          path: destination.path,
          url,
          signal: (init.signal === undefined ? request?.signal : init.signal) ?? undefined,
          keyHash: hashOf(headerOf(init.headers ?? request?.headers, 'authorization')),
          facts: factsOf(init.body, request),
        }
      : undefined;
  };
  return (input, init) => {
    try {
      return read(input, init);
    } catch {
      // Such arguments `fetch` refuses in its own words.
      return undefined;
    }
  };
}

function isPost(method: unknown): boolean {
  return method === 'POST' || (typeof method === 'string' && method.toUpperCase() === 'POST');
}

/** Hashes the keys of `authorization` headers. A client sends the same key each time, so that the last hash is kept. */
function keyHashes(): (authorization: string | undefined) => string | undefined {
  let last: { readonly authorization: string; readonly hash: string | undefined } | undefined;
  return (authorization) => {
    if (authorization === undefined) {
      return undefined;
    }
    if (last?.authorization !== authorization) {
      const key = BEARER.exec(authorization)?.[1];
      last = { authorization, hash: key === undefined ? undefined : hashKey(key) };
    }
    return last.hash;
  };
}

function factsOf(body: unknown, request: Request | undefined): BodyFacts | Promise<BodyFacts> {
  if (body !== undefined && body !== null) {
    return bodyFacts(body);
  }
  if (request === undefined || request.body === null || !isJson(request)) {
    return NO_BODY_FACTS;
  }
  return request
    .clone()
    .text()
    .then(bodyFacts, () => NO_BODY_FACTS);
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
