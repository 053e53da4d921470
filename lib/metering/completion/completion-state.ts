import type { CompletionCostSource, CompletionOutcome } from '../../contracts/completion-cost.js';
import type { CompletionAnswer, CompletionUsage } from './open-completion.js';

/**
 * - `sent`: nothing of the answer is known.
 * - `answering`: the status and headers have arrived, the body passes.
 * - `told`: the cost is known, the rest of the body passes.
 * - `looking-up`: the answer is over and did not tell the cost; `GET /generation` is asked.
 * - `settled`: the cost is known.
 * - `unknown`: the cost could not be learned.
 * - `unspent`: certainly nothing was billed.
 */
export type CompletionPhase =
  'sent' | 'answering' | 'told' | 'looking-up' | 'settled' | 'unknown' | 'unspent';

/** What is known of one completion. */
export interface CompletionState {
  readonly phase: CompletionPhase;
  /** `undefined` before the status and headers have arrived. */
  readonly answer: CompletionAnswer | undefined;
  /** What was stated so far, by the answer or by `/generation`. */
  readonly usage: CompletionUsage;
  /** Whether an error has passed in the answer. */
  readonly hasErred: boolean;
  /** How it ended; `complete` until it has. */
  readonly outcome: CompletionOutcome;
  /** Where the cost comes from; `unknown` until it is known. */
  readonly source: Extract<CompletionCostSource, 'answer' | 'generation' | 'unknown'>;
}

/** Something that happens to a completion. */
export type CompletionEvent =
  | { readonly type: 'answered'; readonly answer: CompletionAnswer }
  | { readonly type: 'told'; readonly usage: CompletionUsage }
  | { readonly type: 'erred' }
  | { readonly type: 'ended'; readonly outcome: CompletionOutcome }
  /** The request failed before an answer. */
  | { readonly type: 'unanswered'; readonly isAborted: boolean; readonly wasSent: boolean }
  /** `/generation` has told the cost. */
  | { readonly type: 'found'; readonly usage: CompletionUsage }
  /** Nobody waits for the cost any longer. */
  | { readonly type: 'given-up' };

/** The usage of an answer that states nothing of it. */
export const NOTHING_STATED: CompletionUsage = Object.freeze({
  usd: undefined,
  generationId: undefined,
  model: undefined,
  provider: undefined,
  promptTokens: undefined,
  completionTokens: undefined,
  isByok: false,
});

/** The state of a completion that is being sent. */
export const SENT: CompletionState = Object.freeze({
  phase: 'sent',
  answer: undefined,
  usage: NOTHING_STATED,
  hasErred: false,
  outcome: 'complete',
  source: 'unknown',
});

/**
 * The state of a completion after an event. An event that the table does not have changes nothing.
 *
 * | state                | event           | what is known                                   | next state        |
 * | -------------------- | --------------- | ----------------------------------------------- | ----------------- |
 * | `sent`               | `answered`      | an error status with an id                      | `looking-up`      |
 * |                      | `answered`      | a 4XX without an id                             | `unspent`         |
 * |                      | `answered`      | any other answer                                | `answering`       |
 * | `sent`, `answering`  | `told`          | with a cost                                     | `told`            |
 * |                      | `told`          | without a cost, or a cache hit                  | the same          |
 * |                      | `erred`         |                                                 | the same          |
 * |                      | `ended`         | a cache hit: the cost is 0                      | `settled`         |
 * |                      | `ended`         | a generation id                                 | `looking-up`      |
 * |                      | `ended`         | no id                                           | `unknown`         |
 * |                      | `unanswered`    | never sent                                      | `unspent`         |
 * |                      | `unanswered`    | sent, or possibly sent                          | as after `ended`  |
 * |                      | `found`         | with a cost: asked at a shutdown                | `told`            |
 * |                      | `found`         | without the whole cost, or a cache hit          | the same          |
 * |                      | `given-up`      |                                                 | `unknown`         |
 * | `told`               | `ended`, `unanswered`, `given-up` |                               | `settled`         |
 * | `looking-up`         | `found`         | with a cost                                     | `settled`         |
 * |                      | `found`         | without the whole cost                          | `unknown`         |
 * |                      | `given-up`      |                                                 | `unknown`         |
 *
 * The cost is news in the step to `told`, to `settled` unless from `told`, and to `unknown` ({@link isNews}): once for
 * each completion, and never for one that is `unspent`.
 */
export function next(state: CompletionState, event: CompletionEvent): CompletionState {
  switch (state.phase) {
    case 'sent':
    case 'answering':
      return nextWhileOpen(state, event);
    case 'told':
      return event.type === 'ended' || event.type === 'unanswered' || event.type === 'given-up'
        ? { ...state, phase: 'settled' }
        : state;
    case 'looking-up':
      return nextWhileLookingUp(state, event);
    default:
      return state;
  }
}

/** Whether a step has decided the cost of a completion: it has become known, or was given up. */
export function isNews(before: CompletionState, after: CompletionState): boolean {
  return !isDecided(before) && isDecided(after);
}

/** Whether the answer, or the wait for it, is over. */
export function isOver({ phase }: CompletionState): boolean {
  return phase !== 'sent' && phase !== 'answering' && phase !== 'told';
}

/** The id of the generation, from the header or else from the body. */
export function generationIdOf({ answer, usage }: CompletionState): string | undefined {
  return answer?.generationId ?? usage.generationId;
}

/** Whether the cost is known, or was given up. */
export function isDecided({ phase }: CompletionState): boolean {
  return phase === 'told' || phase === 'settled' || phase === 'unknown';
}

function nextWhileOpen(state: CompletionState, event: CompletionEvent): CompletionState {
  switch (event.type) {
    case 'answered':
      return state.phase === 'sent' ? answered(state, event.answer) : state;
    case 'told':
      return stated(state, event.usage, 'answer');
    case 'found':
      return stated(state, event.usage, 'generation');
    case 'erred':
      return { ...state, hasErred: true };
    case 'ended':
      return ended(state, event.outcome);
    case 'unanswered': {
      const outcome = event.isAborted ? 'aborted' : 'failed';
      return event.wasSent ? ended(state, outcome) : { ...state, phase: 'unspent', outcome };
    }
    case 'given-up':
      return { ...state, phase: 'unknown', outcome: outcomeOf(state, 'aborted') };
  }
}

function stated(
  state: CompletionState,
  told: CompletionUsage,
  source: Extract<CompletionCostSource, 'answer' | 'generation'>,
): CompletionState {
  const usage = merged(state.usage, told);
  return usage.usd === undefined || isCacheHit(state)
    ? { ...state, usage }
    : { ...state, phase: 'told', usage, source, outcome: outcomeOf(state, 'complete') };
}

/**
 * A client that retries after an error status may never read its body, so nothing waits for the body unless the only hope
 * of a cost is in it.
 */
function answered(before: CompletionState, answer: CompletionAnswer): CompletionState {
  const { status, generationId } = answer;
  const state: CompletionState = { ...before, phase: 'answering', answer, hasErred: status >= 400 };
  const isDecidedByHead = status >= 400 && (generationId !== undefined || status < 500);
  return isDecidedByHead ? ended(state, 'failed') : state;
}

function nextWhileLookingUp(state: CompletionState, event: CompletionEvent): CompletionState {
  if (event.type === 'found') {
    const usage = merged(state.usage, event.usage);
    return usage.usd === undefined
      ? { ...state, phase: 'unknown', usage }
      : { ...state, phase: 'settled', usage, source: 'generation' };
  }
  return event.type === 'given-up' ? { ...state, phase: 'unknown' } : state;
}

function ended(before: CompletionState, end: CompletionOutcome): CompletionState {
  const state = { ...before, outcome: outcomeOf(before, end) };
  const status = state.answer?.status;
  if (isCacheHit(state)) {
    return { ...state, phase: 'settled', usage: { ...state.usage, usd: 0 }, source: 'answer' };
  }
  if (generationIdOf(state) !== undefined) {
    return { ...state, phase: 'looking-up' };
  }
  return { ...state, phase: status !== undefined && status >= 400 && status < 500 ? 'unspent' : 'unknown' };
}

function isCacheHit({ answer }: CompletionState): boolean {
  return answer?.isCacheHit === true;
}

/** An answer that contained an error has failed, whether the client then read it to its end or left it. */
function outcomeOf({ hasErred }: CompletionState, end: CompletionOutcome): CompletionOutcome {
  return hasErred ? 'failed' : end;
}

/** Later statements replace earlier ones, member by member. */
function merged(before: CompletionUsage, stated: CompletionUsage): CompletionUsage {
  return {
    usd: stated.usd ?? before.usd,
    generationId: stated.generationId ?? before.generationId,
    model: stated.model ?? before.model,
    provider: stated.provider ?? before.provider,
    promptTokens: stated.promptTokens ?? before.promptTokens,
    completionTokens: stated.completionTokens ?? before.completionTokens,
    isByok: stated.isByok || before.isByok,
  };
}
