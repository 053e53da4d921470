import { GENERATION_ID_PATTERN, isMatching } from '../../wire/identifiers.js';
import type { CompletionAnswer, OpenCompletion } from '../completion/open-completion.js';
import { EventUsageReader } from '../usage/event-usage-reader.js';
import { JsonUsageReader } from '../usage/json-usage-reader.js';
import type { ByokCost } from '../usage/stated-usage.js';
import { NOTHING_TO_READ, type UsageQuestion, type UsageReader } from '../usage/usage-reader.js';
import type { AnswerObserver, AnswerWithBody } from './observed-answer.js';
import { PassingBody } from './passing-body.js';
import type { PassingStream } from './passing-stream.js';
import { JSON_TYPE } from './sent-request.js';

const EVENTS_TYPE = /^text\/event-stream\b/i;

export interface AnswerParts {
  readonly completion: OpenCompletion;
  readonly signal: AbortSignal | undefined;
  readonly byok: ByokCost;
  readonly observer: AnswerObserver;
  /** Ends what an answer holds once the client has dropped it. */
  readonly dropped: FinalizationRegistry<PassingBody>;
  /** Made while the request was on its way, where it asks for a stream. */
  readonly stream: PassingStream | undefined;
}

/** Hands an answer on to the client, and follows its body. */
export function passAnswer(
  answer: Response,
  { completion, signal, byok, observer, dropped, stream }: AnswerParts,
): Response {
  const type = answer.headers.get('content-type') ?? '';
  const start = startOf(answer, type);
  const isError = start.status >= 400;
  completion.answered(start);
  if (!isObservable(answer)) {
    completion.ended(isError ? 'failed' : 'complete');
    return answer;
  }
  const question = { byok, wantsId: start.generationId === undefined, isError };
  const body = new PassingBody({ usage: readerOf(type, question, completion), completion, signal, isError });
  observer.observe(answer, body, stream);
  dropped.register(answer, body);
  return answer;
}

function startOf({ status, headers }: Response, type: string): CompletionAnswer {
  const id = headers.get('x-generation-id');
  return {
    status,
    generationId: isMatching(id, GENERATION_ID_PATTERN) ? id : undefined,
    isCacheHit: headers.get('x-openrouter-cache-status')?.toUpperCase() === 'HIT',
    isStream: EVENTS_TYPE.test(type),
  };
}

/** Whether the body of an answer can be followed. It cannot where a client only resembles `fetch`. */
function isObservable(answer: Response): answer is AnswerWithBody {
  const { body, status } = answer;
  return (
    typeof body?.getReader === 'function' &&
    !body.locked &&
    !answer.bodyUsed &&
    status >= 200 &&
    status <= 599
  );
}

function readerOf(type: string, question: UsageQuestion, completion: OpenCompletion): UsageReader {
  if (EVENTS_TYPE.test(type)) {
    return new EventUsageReader(question, completion);
  }
  return JSON_TYPE.test(type) ? new JsonUsageReader(question, completion) : NOTHING_TO_READ;
}
