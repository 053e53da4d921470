import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { OpenRouterClient } from 'nestjs-openrouter';
import type { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { startDemoSandbox } from '../src/demo-sandbox.js';
import { fixDate } from './support/fixed-date.js';

describe('the demo account', () => {
  let sandbox: OpenRouterSandbox | undefined;

  afterEach(async () => {
    jest.useRealTimers();
    await sandbox?.stop();
    sandbox = undefined;
  });

  it.each([
    '2026-11-28T12:00:00Z',
    '2026-12-31T23:59:59.999Z',
    '2027-01-01T00:00:00Z',
    '2027-03-28T01:00:00Z',
    '2028-02-29T12:00:00Z',
    '2028-03-01T00:00:00Z',
  ])('starts with the same balance on %s', async (start) => {
    fixDate(start);
    sandbox = await startDemoSandbox();
    await using client = new OpenRouterClient({
      managementKey: sandbox.managementKey,
      baseUrl: sandbox.baseUrl,
    });
    expect((await client.credits.getCredits()).balance).toBe(12);
  });
});
