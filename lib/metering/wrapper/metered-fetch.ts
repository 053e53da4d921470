import type { SpendScope } from '../../contracts/completion-cost.js';
import type { CompletionDesk, CompletionRefusal, OpenCompletion } from '../completion/open-completion.js';
import type { ByokCost } from '../usage/stated-usage.js';
import type { BodyFacts } from './body-facts.js';
import { AnswerObserver } from './observed-answer.js';
import { passAnswer } from './passing-answer.js';
import { isAbort, type PassingBody } from './passing-body.js';
import { areRefused } from './refused-arguments.js';
import { PreparedStream } from './prepared-stream.js';
import { refusalAnswer } from './refusal-answer.js';
import { type FetchInit, type FetchInput, requestReader } from './sent-request.js';
import type { Fetch } from './unmetered-fetch.js';

/** For whom a completion is, and what is reserved for it. */
export interface Attribution {
  readonly scope: SpendScope | undefined;
  /** US dollars. */
  readonly holdUsd: number | undefined;
}

export interface MeteredFetchParts {
  /** The `fetch` that sends; asked for at each call. */
  readonly innerFetch: () => Fetch;
  readonly baseUrl: string;
  readonly byok: ByokCost;
  readonly desk: CompletionDesk;
  /** What is in force where a request is made. */
  readonly ambient: () => Attribution;
  /** Called once, when a `POST` goes to another server than that of the base URL. */
  readonly onForeign?: ((origin: string) => void) | undefined;
}

/** Makes `fetch` functions that meter the completions of an account, with the ambient attribution or a fixed one. */
export function openMeteredFetch(parts: MeteredFetchParts): (bound?: Attribution) => Fetch {
  const { innerFetch, byok, desk, ambient } = parts;
  const readRequest = requestReader(parts.baseUrl, parts.onForeign);
  const observer = new AnswerObserver();
  const dropped = new FinalizationRegistry<PassingBody>((body) => body.drop());

  return (bound) =>
    function fetch(input: FetchInput, init?: FetchInit): Promise<Response> {
      // Asynchronous, since a `fetch` of the application's own may throw at once.
      const send = async (): Promise<Response> => innerFetch()(input, init);
      const request = readRequest(input, init);
      if (request === undefined) {
        return send();
      }
      const { path, url, keyHash, signal, facts } = request;
      if (signal?.aborted === true) {
        return Promise.reject(abortReason(signal));
      }
      const { scope, holdUsd } = bound ?? ambient();

      const admit = ({ model, maxTokens, isStream }: BodyFacts): Promise<Response> => {
        const proceed = (admission: OpenCompletion | CompletionRefusal): Promise<Response> => {
          if ('metadata' in admission) {
            return Promise.resolve(refusalAnswer(admission, url));
          }
          if (signal?.aborted === true) {
            const reason = abortReason(signal);
            admission.unanswered(reason, true, true);
            return Promise.reject(reason);
          }
          const prepared = isStream ? new PreparedStream() : undefined;
          return send().then(
            (answer) => {
              const stream = prepared?.take();
              return passAnswer(answer, { completion: admission, signal, byok, observer, dropped, stream });
            },
            (error: unknown) => {
              admission.unanswered(error, isAbort(error, signal), areRefused(error, url, init));
              throw error;
            },
          );
        };
        const admission = desk.open({ path, model, maxTokens, isStream, keyHash, scope, holdUsd });
        return 'then' in admission ? admission.then(proceed) : proceed(admission);
      };

      return 'then' in facts ? facts.then(admit) : admit(facts);
    };
}

/** What `fetch` rejects with once a signal is aborted. */
function abortReason(signal: AbortSignal): Error {
  return (signal.reason ?? new DOMException('This operation was aborted', 'AbortError')) as Error;
}
