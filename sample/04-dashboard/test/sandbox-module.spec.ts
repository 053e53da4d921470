import { afterEach, expect, it, jest } from '@jest/globals';
import { OpenRouterSandbox } from 'nestjs-openrouter/testing';
import { TrafficLog } from '../src/dashboard/traffic-log.js';
import { SandboxModule } from '../src/sandbox/sandbox.module.js';

afterEach(() => {
  jest.useRealTimers();
});

it('clears the recorded requests and charges of the sandbox every minute', async () => {
  await using sandbox = await OpenRouterSandbox.start();
  const module = new SandboxModule(sandbox, new TrafficLog());
  const ask = async (): Promise<string> => (await fetch(`${sandbox.baseUrl}/credits`)).text();
  const response = await fetch(`${sandbox.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'openai/gpt-4.1', messages: [{ role: 'user', content: 'Hello?' }] }),
  });
  await response.text();
  // The sandbox needs these to answer.
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', 'clearTimeout'],
  });
  module.onApplicationBootstrap();
  jest.advanceTimersByTime(59_000);
  expect([sandbox.requests.length, sandbox.charges.length]).toEqual([1, 1]);
  jest.advanceTimersByTime(1_000);
  expect([...sandbox.requests, ...sandbox.charges]).toEqual([]);
  await ask();
  jest.advanceTimersByTime(60_000);
  expect(sandbox.requests).toEqual([]);
  await module.onApplicationShutdown();
  expect(jest.getTimerCount()).toBe(0);
});
