import { GENERATION_ID_PATTERN, isMatching } from '../../wire/identifiers.js';
import type { CompletionAnswer, OpenCompletion } from '../completion/open-completion.js';
import { EventUsageReader } from '../usage/event-usage-reader.js';
import { JsonUsageReader } from '../usage/json-usage-reader.js';
import type { ByokCost } from '../usage/stated-usage.js';
import { NOTHING_TO_READ, type UsageReader } from '../usage/usage-reader.js';
import { PassingBody } from './passing-body.js';

const JSON_TYPE = /[/+]json\b/i;
const EVENTS_TYPE = /^text\/event-stream\b/i;

export interface AnswerParts {
  readonly completion: OpenCompletion;
  readonly signal: AbortSignal | undefined;
  readonly byok: ByokCost;
  /** Ends what an answer holds once the client has dropped it. */
  readonly dropped: FinalizationRegistry<PassingBody>;
}

/** Hands an answer on to the client, and follows its body. */
export function passAnswer(answer: Response, parts: AnswerParts): Response {
  const { completion } = parts;
  const type = answer.headers.get('content-type') ?? '';
  const start = startOf(answer, type);
  const isError = start.status >= 400;
  completion.answered(start);
  if (!isPassable(answer)) {
    completion.ended(isError ? 'failed' : 'complete');
    return answer;
  }
  const question = { byok: parts.byok, wantsId: start.generationId === undefined, isError };
  const usage = readerOf(type, start, question, completion);
  const body = new PassingBody(answer.body.getReader(), usage, completion, { signal: parts.signal, isError });
  const stream = new ReadableStream<Uint8Array>(
    { pull: (controller) => body.pull(controller), cancel: (reason) => body.cancel(reason) },
    { highWaterMark: 0 },
  );
  // The stream and not the answer: a client may keep the body alone.
  parts.dropped.register(stream, body);
  return resembling(
    new Response(stream, { status: answer.status, statusText: answer.statusText, headers: answer.headers }),
    answer,
  );
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

/** Whether an answer can be made anew around its body. */
function isPassable(answer: Response): answer is Response & { body: ReadableStream<Uint8Array> } {
  const { body, status } = answer;
  return (
    body !== null &&
    typeof body.getReader === 'function' &&
    !body.locked &&
    !answer.bodyUsed &&
    status >= 200 &&
    status <= 599
  );
}

function readerOf(
  type: string,
  { isStream }: CompletionAnswer,
  question: ConstructorParameters<typeof JsonUsageReader>[0],
  completion: OpenCompletion,
): UsageReader {
  if (isStream) {
    return new EventUsageReader(question, completion);
  }
  return JSON_TYPE.test(type) ? new JsonUsageReader(question, completion) : NOTHING_TO_READ;
}

/** Gives an answer what its constructor does not take, and its clones as well. */
function resembling(
  answer: Response,
  { url, redirected, type }: Pick<Response, 'url' | 'redirected' | 'type'>,
): Response {
  return Object.defineProperties(answer, {
    url: { value: url, configurable: true },
    redirected: { value: redirected, configurable: true },
    type: { value: type, configurable: true },
    clone: {
      value: function clone(this: Response): Response {
        return resembling(Response.prototype.clone.call(this), { url, redirected, type });
      },
      configurable: true,
      writable: true,
    },
  });
}
