import { afterEach, describe, expect, it } from '@jest/globals';
import {
  OpenRouterConnectionException,
  OpenRouterServiceUnavailableException,
  OpenRouterTooManyRequestsException,
} from '../../../lib/errors/index.js';
import { RetryBudget } from '../../../lib/http/recovery/retry-budget.js';
import { failureOf } from '../../support/failures.js';
import { answerWell, cleanUp, clientOf, CREDITS, sendError, startServer } from '../../support/servers.js';

afterEach(cleanUp);

const transient = {
  exception: new OpenRouterConnectionException({ message: 'reset', delivery: 'unknown', phase: 'headers' }),
  transient: true,
};
const unavailable = {
  exception: new OpenRouterServiceUnavailableException({ message: 'x' }),
  transient: false,
};
const throttled = { exception: new OpenRouterTooManyRequestsException({ message: 'x' }), transient: false };

/** How many retries a budget still gives. */
function left(budget: RetryBudget, failure = transient): number {
  let count = 0;
  while (budget.take(failure) !== undefined) count += 1;
  return count;
}

describe('RetryBudget', () => {
  it('gives 50 retries of what is down, and 100 of what is busy', () => {
    expect(left(new RetryBudget())).toBe(50);
    expect(left(new RetryBudget(), unavailable as never)).toBe(50);
    expect(left(new RetryBudget(), throttled as never)).toBe(100);
  });

  it('gets back what the retry of a success has cost, and never more than it had', () => {
    const budget = new RetryBudget();
    left(budget);
    budget.refund(10);
    expect(left(budget)).toBe(1);
    for (let success = 0; success < 9; success += 1) budget.refund();
    expect(left(budget)).toBe(0);
    budget.refund();
    expect(left(budget)).toBe(1);

    budget.refund(100_000);
    expect(left(budget)).toBe(50);
  });
});

describe('an account whose upstream is down', () => {
  /** A hundred calls at a time take longer than a call alone, and more so on a busy machine. */
  const PATIENCE = { timeoutMs: 60_000, deadlineMs: 60_000 };

  it('sends no more than its calls and the budget of its retries', async () => {
    const server = await startServer((_request, response) => sendError(response, 503));
    const client = clientOf(server, { ...PATIENCE, retry: { maxRetries: 3, initialDelayMs: 0 } });
    const calls = Array.from({ length: 100 }, () => failureOf(client.credits.getCredits(), 60_000));
    for (const failure of await Promise.all(calls)) expect(failure).toMatchObject({ status: 503 });
    expect(server.requests.length).toBe(150);

    // Another account has a budget of its own.
    const other = clientOf(server, { ...PATIENCE, retry: { maxRetries: 3, initialDelayMs: 0 } });
    await failureOf(other.credits.getCredits());
    expect(server.requests.length).toBe(154);
  });

  it('tries again as before once it is up', async () => {
    let answer: 'down' | 'up' | 'once' = 'down';
    const server = await startServer((request, response) => {
      if (answer === 'up') {
        answerWell(request, response);
        return;
      }
      if (answer === 'once') answer = 'up';
      sendError(response, 503);
    });
    const client = clientOf(server, { retry: { maxRetries: 60, initialDelayMs: 0 } });
    await failureOf(client.credits.getCredits());
    expect(server.requests.length).toBe(51);

    answer = 'up';
    for (let success = 0; success < 10; success += 1) await client.credits.getCredits();
    answer = 'once';
    await expect(client.credits.getCredits()).resolves.toEqual(CREDITS);
    expect(server.requests.length).toBe(63);
  });
});
