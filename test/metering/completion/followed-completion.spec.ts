import { describe, expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../lib/async/clock.js';
import type { CompletionCost } from '../../../lib/contracts/completion-cost.js';
import { FollowedCompletion } from '../../../lib/metering/completion/followed-completion.js';
import { answer, request } from './support.js';

interface Heard {
  readonly completion: FollowedCompletion;
  readonly errors: unknown[];
  readonly costs: CompletionCost[];
  overs: number;
}

function followed(): Heard {
  const errors: unknown[] = [];
  const costs: CompletionCost[] = [];
  const listener = {
    onAnswered: () => undefined,
    onOver: () => void (heard.overs += 1),
    onCost: (cost: CompletionCost) => void costs.push(cost),
    onError: (error: unknown, status: number | undefined) => void errors.push([error, status]),
  };
  const completion = new FollowedCompletion(request(), listener, {
    clock: SYSTEM_CLOCK,
    inContext: (call) => call(),
  });
  const heard: Heard = { completion, errors, costs, overs: 0 };
  return heard;
}

const REFUSAL = { error: { code: 402, message: 'No.' } };

describe('a completion whose answer is an error status', () => {
  it.each([402, 429])('is over with the head of a %i, and tells its error when the body passes', (status) => {
    const heard = followed();
    heard.completion.answered(answer({ status, isStream: false }));
    expect(heard).toMatchObject({ overs: 1, costs: [], errors: [] });
    heard.completion.erred(REFUSAL);
    heard.completion.ended('failed');
    heard.completion.erred(REFUSAL);
    expect(heard).toMatchObject({ overs: 1, costs: [], errors: [[REFUSAL, status]] });
  });

  it('is looked up at once if it has an id', () => {
    const { completion } = followed();
    completion.answered(answer({ status: 502, generationId: 'gen-1', isStream: false }));
    expect(completion.isLookingUp).toBe(true);
  });
});
