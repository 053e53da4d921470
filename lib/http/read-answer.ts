import { createApiException } from '../errors/api-exception.factory.js';
import { OpenRouterResponseException } from '../errors/client.exceptions.js';
import type { KeyInUse } from '../errors/key-hint.js';
import { statusIn } from '../errors/parsing/error-answer.js';
import type { Scrub } from '../secret/scrub.js';
import type { WireAnswer } from '../transport/attempt.js';
import { isSuccess } from '../transport/delivery.js';
import { isRecord, ownMember } from '../untrusted/is-record.js';
import { tryParseJson } from '../untrusted/json.js';
import { bodyFailure, type CallFailure, type Outcome } from './call-failure.js';
import type { OpenRouterCall } from './openrouter-call.js';

/**
 * Decodes a success, and turns every other answer into a failure.
 *
 * @throws `OpenRouterResponseException` from the call's decoder.
 */
export function readAnswer<T>(
  answer: WireAnswer,
  call: OpenRouterCall<T>,
  { inUse: key, scrub }: { readonly inUse: KeyInUse; readonly scrub: Scrub },
  url: string,
): Outcome<T> {
  const { status, header, body, fault } = answer;
  const { operation, gone } = call;
  const refused = (status: number, content?: unknown): Outcome<T> => ({
    failure: {
      exception: createApiException({ status, url, header, body, content, operation, scrub, key, gone }),
      transient: false,
    },
  });
  if (!Number.isInteger(status)) {
    return { failure: noStatus(operation) };
  }
  if (!isSuccess(status)) {
    const location = header('location');
    if (location !== undefined) {
      call.onRedirect?.(scrub(location));
    }
    return refused(status);
  }
  if (fault !== undefined) {
    return { failure: bodyFailure(fault, operation, scrub) };
  }
  const content = tryParseJson(body ?? '');
  const error = isRecord(content) ? ownMember(content, 'error') : undefined;
  if (error !== undefined && error !== null) {
    return refused(statusIn(content) ?? 500, content);
  }
  // The answer to a deletion may have an empty body: its status is enough.
  const isDone = call.method === 'DELETE' && body?.trim() === '';
  return content === undefined && !isDone
    ? { failure: notJson(answer, operation, scrub) }
    : { value: call.decode(content), status };
}

function noStatus(operation: string): CallFailure {
  return {
    exception: new OpenRouterResponseException({
      message: `${operation}: the HTTP adapter gave an answer without a status.`,
      delivery: 'unknown',
    }),
    transient: false,
  };
}

function notJson({ header, body }: WireAnswer, operation: string, scrub: Scrub): CallFailure {
  const text = body?.trim() ?? '';
  const type = scrub(header('content-type') ?? 'no content type');
  const what = text === '' ? 'is empty' : `is not JSON (${type})`;
  return {
    exception: new OpenRouterResponseException({
      message: `${operation}: OpenRouter's answer ${what}.`,
      delivery: 'applied',
    }),
    // Truncated JSON, as opposed to another server's page.
    transient: text.startsWith('{') || text.startsWith('['),
  };
}
