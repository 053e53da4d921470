import type { Scrub } from '../secret/scrub.js';
import { scrubBounded } from '../untrusted/bounded-text.js';
import { isOwnEnvelope, markOtherOrigin } from './answer-origin.js';
import {
  fixedStatusOf,
  OpenRouterApiException,
  type OpenRouterStatusExceptionInit,
} from './api.exception.js';
import { type KeyInUse, keyHint, withHint } from './key-hint.js';
import { copyMetadata } from './metadata-copy.js';
import { type AnswerSource, sourceOfAnswer } from './parsing/answer-source.js';
import { readErrorAnswer } from './parsing/error-answer.js';
import { excerpt } from './parsing/error-message.js';
import { parseErrorText } from './parsing/error-text.js';
import type { HeaderReader } from './parsing/header-reader.js';
import { errorInContent, quotedErrorIn } from './parsing/wire-error.js';
import * as statusExceptions from './status.exceptions.js';

/** A refused call: the answer as it came, and what was asked for. */
export interface RefusedCall {
  readonly status: number;
  /** The requested URL. An answer from another host is not OpenRouter's, unless it relays an error of OpenRouter's. */
  readonly url?: string | undefined;
  readonly header: HeaderReader;
  /** The body as a string; `undefined` if it could not be read. */
  readonly body: string | undefined;
  /** The parsed body, if it was parsed already. */
  readonly content?: unknown;
  readonly operation: string;
  readonly scrub: Scrub;
  /** The key of the call, for a hint on what to do about a refusal. */
  readonly key?: KeyInUse | undefined;
  readonly gone?: GoneNotice | undefined;
}

/** What a 410 of an operation means to the caller. */
export interface GoneNotice {
  readonly notice: string;
  readonly purchaseUrl: string;
}

type StatusException = new (init: OpenRouterStatusExceptionInit) => OpenRouterApiException;

const CLASS_OF_STATUS: ReadonlyMap<number, StatusException> = new Map(
  Object.values(statusExceptions).map((kind) => [fixedStatusOf(kind).status, kind] as const),
);

/** Makes the exception of an error answer, whatever its content type and shape. */
export function createApiException(call: RefusedCall): OpenRouterApiException {
  const { status, header, body: text, operation, scrub } = call;
  const parsed =
    call.content === undefined ? parseErrorText(text ?? '') : { content: call.content, isCut: false };
  const error = errorInContent(parsed.content) ?? quotedErrorIn(text ?? '');
  const isOpenRouters =
    call.url === undefined || sourceOfAnswer({ url: call.url }, { header, error }, true) === 'openrouter';
  const source: AnswerSource = isOpenRouters ? 'openrouter' : 'unknown';
  const answer = { status, header, text, error, source, ...parsed };
  const { said, status: meant, metadata, isDailyLimit: _, ...reading } = readErrorAnswer(answer, scrub);
  const init: OpenRouterStatusExceptionInit = {
    ...reading,
    message: withHint(reading.message, keyHint(status, said, call.key)),
    errorStatus: meant === status ? undefined : meant,
    operation,
    metadata: copyMetadata(metadata, scrub),
    requestId: readRequestId(call),
  };
  const exception =
    call.gone !== undefined && status === 410 ? goneException(init, call.gone) : apiExceptionOf(status, init);
  return isOwnEnvelope(answer.content, status) ? exception : markOtherOrigin(exception);
}

/** An exception of the class that stands for a status. */
export function apiExceptionOf(status: number, init: OpenRouterStatusExceptionInit): OpenRouterApiException {
  const Exception = CLASS_OF_STATUS.get(status);
  return Exception === undefined ? new OpenRouterApiException({ ...init, status }) : new Exception(init);
}

/** Whether a status has a class of its own, as every status has that OpenRouter documents. */
export function hasOwnClass(status: number): boolean {
  return CLASS_OF_STATUS.has(status);
}

function goneException(
  init: OpenRouterStatusExceptionInit,
  { notice, purchaseUrl }: GoneNotice,
): OpenRouterApiException {
  return new statusExceptions.OpenRouterGoneException({
    ...init,
    message: `${notice} OpenRouter's own words: ${init.message}`,
    purchaseUrl,
  });
}

/** The id of the request, for which OpenRouter's support asks. */
export function readRequestId({ header, scrub }: Pick<RefusedCall, 'header' | 'scrub'>): string | undefined {
  const id = header('request-id') ?? header('x-request-id') ?? header('cf-ray');
  return id === undefined ? undefined : excerpt(scrubBounded(id, scrub));
}
