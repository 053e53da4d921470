import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OpenRouterAttempt } from 'nestjs-openrouter';
import { TrafficLog } from '../src/dashboard/traffic-log.js';

let now: number;
let log: TrafficLog;

beforeEach(() => {
  now = 1_800_000_000_000;
  log = new TrafficLog(() => now);
});

function attempt(operation: string): OpenRouterAttempt {
  return {
    operation,
    method: 'GET',
    urlTemplate: '/',
    serverAddress: 'openrouter.ai',
    serverPort: 443,
    account: 'default',
    attempt: 1,
  };
}

function succeed(operation = 'activity.list', durationMs = 5): void {
  log.onResponse(attempt(operation), { status: 200, durationMs });
}

function fail(message: string, status?: number, operation = 'activity.list'): void {
  const error = Object.assign(new Error(message), { code: 'OPENROUTER' });
  log.onError(attempt(operation), { error, durationMs: 5, ...(status !== undefined && { status }) });
}

describe('the traffic', () => {
  it('is empty at first', () => {
    expect(log.traffic).toMatchObject({
      windowMs: 60_000,
      attempts: 0,
      errors: 0,
      retries: 0,
      p95Ms: null,
      guardChecks: 0,
      balanceAttempts: 0,
      failures: [],
    });
    expect(log.traffic.perSecond).toEqual(Array(60).fill({ ok: 0, failed: 0 }));
  });

  it('counts attempts, failures, retries and readings of the balance', () => {
    succeed('credits.getCredits');
    succeed('apiKeys.getCurrent');
    succeed('apiKeys.list');
    fail('Service temporarily unavailable', 503, 'credits.getCredits');
    log.onRetry();
    log.recordGuardCheck();
    log.recordGuardCheck();
    expect(log.traffic).toMatchObject({
      attempts: 4,
      errors: 1,
      retries: 1,
      guardChecks: 2,
      balanceAttempts: 3,
    });
  });

  it('covers the last minute by seconds', () => {
    succeed();
    now += 1_000;
    succeed();
    fail('no');
    now += 2_000;
    expect(log.traffic.perSecond.slice(-4)).toEqual([
      { ok: 1, failed: 0 },
      { ok: 1, failed: 1 },
      { ok: 0, failed: 0 },
      { ok: 0, failed: 0 },
    ]);
    now += 56_000;
    expect(log.traffic.attempts).toBe(3);
    now += 1_000;
    expect(log.traffic.attempts).toBe(2);
    now += 1_000;
    expect(log.traffic).toMatchObject({ attempts: 0, errors: 0, p95Ms: null });
  });

  it('has the 95th percentile of the durations', () => {
    for (let durationMs = 1; durationMs <= 100; durationMs += 1) succeed('activity.list', durationMs);
    expect(log.traffic.p95Ms).toBe(95);
  });

  it('lists the last few failures, newest first', () => {
    for (let count = 1; count <= 30; count += 1) fail(`failure ${count}`, 500);
    fail('reset by peer');
    const { failures } = log.traffic;
    expect(failures).toHaveLength(10);
    expect(failures[0]).toEqual({
      at: now,
      operation: 'activity.list',
      status: null,
      message: 'reset by peer',
    });
    expect(failures[1]).toMatchObject({ status: 500, message: 'failure 30' });
  });

  it('needs no more memory at a higher rate, or after the clock was set back', () => {
    for (let count = 0; count < 10_000; count += 1) succeed();
    now -= 30_000;
    succeed();
    expect(log.traffic.attempts).toBe(10_001);
    expect(JSON.stringify(log).length).toBeLessThan(2_000);
  });
});

it('does not repeat the operation in the message', () => {
  fail('activity.list: OpenRouter could not be reached', undefined);
  fail('credits.getCredits: other', undefined);
  const messages = log.traffic.failures.map(({ message }) => message);
  expect(messages).toEqual(['credits.getCredits: other', 'OpenRouter could not be reached']);
  fail('credits.getCredits: OpenRouter could not be reached', undefined, 'credits.getCredits');
  expect(log.lastBalanceFailure).toBe('OpenRouter could not be reached');
});

it('knows why the last reading of the balance failed', () => {
  fail('other', 500);
  expect(log.lastBalanceFailure).toBeUndefined();
  fail('User not found.', 401, 'credits.getCredits');
  expect(log.lastBalanceFailure).toBe('User not found.');
});
