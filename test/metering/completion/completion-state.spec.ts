import { describe, expect, it } from '@jest/globals';
import {
  type CompletionEvent,
  type CompletionPhase,
  type CompletionState,
  generationIdOf,
  isNews,
  isOver,
  next,
  SENT,
} from '../../../lib/metering/completion/completion-state.js';
import { answer, usage } from './support.js';

const answered = (given = {}): CompletionEvent => ({ type: 'answered', answer: answer(given) });
const told = (given = {}): CompletionEvent => ({ type: 'told', usage: usage(given) });
const found = (given = {}): CompletionEvent => ({ type: 'found', usage: usage(given) });
const ended = (outcome: 'complete' | 'aborted' | 'failed' = 'complete'): CompletionEvent => ({
  type: 'ended',
  outcome,
});
const unanswered = (wasSent: boolean, isAborted = false): CompletionEvent => ({
  type: 'unanswered',
  wasSent,
  isAborted,
});
const erred: CompletionEvent = { type: 'erred' };
const givenUp: CompletionEvent = { type: 'given-up' };

const after = (...events: CompletionEvent[]): CompletionState => events.reduce(next, SENT);

/** How often the events decide the cost. */
function newsIn(events: readonly CompletionEvent[]): number {
  let state = SENT;
  let count = 0;
  for (const event of events) {
    const following = next(state, event);
    count += Number(isNews(state, following));
    state = following;
  }
  return count;
}

const ID = { generationId: 'gen-1' };

describe('the state of a completion', () => {
  it.each<[string, CompletionEvent[], Partial<CompletionState> & { usd?: number }]>([
    ['is sent', [], { phase: 'sent' }],
    ['answers', [answered()], { phase: 'answering' }],
    [
      'is told by the answer',
      [answered(), told({ usd: 0.25 })],
      { phase: 'told', usd: 0.25, source: 'answer' },
    ],
    ['is told a cost of 0', [answered(), told({ usd: 0 })], { phase: 'told', usd: 0, source: 'answer' }],
    ['is told, and over', [answered(), told({ usd: 0.25 }), ended()], { phase: 'settled', usd: 0.25 }],
    [
      'is told, then left by its reader',
      [answered(ID), told({ usd: 0.25 }), ended('aborted')],
      { phase: 'settled', outcome: 'complete', usd: 0.25 },
    ],
    [
      'keeps the first cost',
      [answered(), told({ usd: 0.25 }), told({ usd: 0.5 }), ended()],
      { phase: 'settled', usd: 0.25 },
    ],
    ['ends without a cost', [answered(ID), ended()], { phase: 'looking-up', source: 'unknown' }],
    [
      'ends with tokens, but no cost',
      [answered(ID), told({ promptTokens: 5 }), ended()],
      { phase: 'looking-up', source: 'unknown' },
    ],
    ['is looked up by the id of its body', [answered(), told(ID), ended()], { phase: 'looking-up' }],
    ['is left', [answered(ID), ended('aborted')], { phase: 'looking-up', outcome: 'aborted' }],
    ['breaks', [answered(ID), ended('failed')], { phase: 'looking-up', outcome: 'failed' }],
    ['ends after an error', [answered(ID), erred, ended()], { phase: 'looking-up', outcome: 'failed' }],
    [
      'is told a cost after an error',
      [answered(ID), erred, told({ usd: 0.1 }), ended()],
      { phase: 'settled', outcome: 'failed', usd: 0.1, source: 'answer' },
    ],
    [
      'is found',
      [answered(ID), ended('aborted'), found({ usd: 0.1 })],
      { phase: 'settled', outcome: 'aborted', usd: 0.1, source: 'generation' },
    ],
    [
      'is found without the whole cost',
      [answered(ID), ended(), found({ isByok: true })],
      { phase: 'unknown', source: 'unknown' },
    ],
    [
      'is found before its answer is over',
      [answered(ID), found({ usd: 0.1 })],
      { phase: 'told', usd: 0.1, source: 'generation' },
    ],
    [
      'is found, and then told and over',
      [answered(ID), found({ usd: 0.1 }), told({ usd: 9 }), ended()],
      { phase: 'settled', usd: 0.1, source: 'generation' },
    ],
    [
      'is found without the whole cost before its answer is over',
      [answered(ID), found({ isByok: true })],
      { phase: 'answering', source: 'unknown' },
    ],
    [
      'is a cache hit that is found',
      [answered({ ...ID, isCacheHit: true }), found({ usd: 1 }), ended()],
      { phase: 'settled', usd: 0, source: 'answer' },
    ],
    ['is not found', [answered(ID), ended(), givenUp], { phase: 'unknown', source: 'unknown' }],
    ['ends without a cost and an id', [answered(), ended()], { phase: 'unknown', outcome: 'complete' }],
    [
      'is a cache hit without a cost',
      [answered({ ...ID, isCacheHit: true }), told({ promptTokens: 0 }), ended()],
      { phase: 'settled', usd: 0, source: 'answer' },
    ],
    [
      'is a cache hit that states a cost',
      [answered({ ...ID, isCacheHit: true }), told({ usd: 1 }), ended()],
      { phase: 'settled', usd: 0, source: 'answer' },
    ],
    [
      'is a cache hit that was left',
      [answered({ ...ID, isCacheHit: true }), ended('aborted')],
      { phase: 'settled', usd: 0, source: 'answer', outcome: 'aborted' },
    ],
    [
      'is left after an error',
      [answered(ID), erred, ended('aborted')],
      { phase: 'looking-up', outcome: 'failed' },
    ],
    [
      'is refused, and its body never read',
      [answered({ status: 429 })],
      { phase: 'unspent', outcome: 'failed' },
    ],
    [
      'fails with an id, and its body is never read',
      [answered({ status: 502, ...ID })],
      { phase: 'looking-up', outcome: 'failed' },
    ],
    ['fails without an id, and its body is never read', [answered({ status: 502 })], { phase: 'answering' }],
    ['is refused', [answered({ status: 402 }), ended()], { phase: 'unspent', outcome: 'failed' }],
    ['is throttled', [answered({ status: 429 }), erred, ended()], { phase: 'unspent', outcome: 'failed' }],
    ['is refused with an id', [answered({ status: 400, ...ID }), ended()], { phase: 'looking-up' }],
    [
      'fails with a 5XX',
      [answered({ status: 502 }), erred, ended()],
      { phase: 'unknown', outcome: 'failed', source: 'unknown' },
    ],
    ['fails with a 5XX and an id', [answered({ status: 502, ...ID }), ended()], { phase: 'looking-up' }],
    [
      'fails with a 5XX and a cost',
      [answered({ status: 502 }), told({ usd: 0.1 }), ended()],
      { phase: 'settled', outcome: 'failed', usd: 0.1 },
    ],
    ['is never sent', [unanswered(false)], { phase: 'unspent' }],
    ['is aborted before it is sent', [unanswered(false, true)], { phase: 'unspent' }],
    ['is lost before the answer', [unanswered(true)], { phase: 'unknown', outcome: 'failed' }],
    ['is aborted before the answer', [unanswered(true, true)], { phase: 'unknown', outcome: 'aborted' }],
    ['is open at the end of the process', [givenUp], { phase: 'unknown', outcome: 'aborted' }],
    [
      'passes its answer at the end of the process',
      [answered(ID), givenUp],
      { phase: 'unknown', outcome: 'aborted' },
    ],
    [
      'has told its cost by the end of the process',
      [answered(ID), told({ usd: 1 }), givenUp],
      { phase: 'settled', usd: 1, outcome: 'complete' },
    ],
  ])('%s', (_title, events, { usd, ...expected }) => {
    const state = after(...events);
    expect(state).toMatchObject(expected);
    expect(state.usage.usd).toBe(usd);
    const isDecided = ['told', 'settled', 'unknown'].includes(state.phase);
    expect(newsIn(events)).toBe(isDecided ? 1 : 0);
  });

  const everyEvent: CompletionEvent[] = [
    answered(ID),
    told({ usd: 9 }),
    told({ promptTokens: 9 }),
    erred,
    ended(),
    ended('failed'),
    unanswered(true),
    unanswered(false),
    found({ usd: 9 }),
    givenUp,
  ];

  it.each<[CompletionPhase, CompletionEvent[]]>([
    ['settled', [answered(), told({ usd: 1 }), ended()]],
    ['settled', [answered(ID), ended(), found({ usd: 1 })]],
    ['unknown', [answered(), ended()]],
    ['unspent', [answered({ status: 402 }), ended()]],
  ])('does not change once it is %s', (phase, events) => {
    const state = after(...events);
    expect(state.phase).toBe(phase);
    for (const event of everyEvent) {
      expect(next(state, event)).toBe(state);
    }
  });

  it('changes by nothing of the answer while it is looked up', () => {
    const state = after(answered(ID), ended());
    for (const event of everyEvent.filter(({ type }) => type !== 'found' && type !== 'given-up')) {
      expect(next(state, event)).toBe(state);
    }
  });

  it('decides the cost at most once, whatever happens in whatever order', () => {
    const paths = everyEvent.flatMap((first) =>
      everyEvent.flatMap((second) => everyEvent.map((third) => [first, second, third])),
    );
    for (const path of paths) {
      for (const last of everyEvent) {
        expect(newsIn([...path, last])).toBeLessThanOrEqual(1);
      }
    }
  });

  it('adds up what is stated, member by member', () => {
    const state = after(
      answered(ID),
      told({ model: 'a/b', promptTokens: 5, completionTokens: 1 }),
      told({ completionTokens: 2, provider: 'P', isByok: true }),
      ended(),
      found({ usd: 0.5, promptTokens: 6 }),
    );
    expect(state.usage).toEqual({
      usd: 0.5,
      generationId: undefined,
      model: 'a/b',
      provider: 'P',
      promptTokens: 6,
      completionTokens: 2,
      isByok: true,
    });
  });

  it('prefers the id of the header, and knows when an answer is over', () => {
    expect(generationIdOf(after(answered(ID), told({ generationId: 'gen-2' })))).toBe('gen-1');
    expect(generationIdOf(after(answered(), told({ generationId: 'gen-2' })))).toBe('gen-2');
    expect(isOver(after(answered(), told({ usd: 1 })))).toBe(false);
    expect(isOver(after(answered(ID), ended()))).toBe(true);
    expect(isOver(after(unanswered(false)))).toBe(true);
  });
});
