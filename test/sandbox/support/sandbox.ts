import { afterEach, expect, jest } from '@jest/globals';
import { OpenRouterSandbox, type OpenRouterSandboxOptions } from '../../../lib/testing/index.js';
import { problemOf } from './openapi.js';

const running: OpenRouterSandbox[] = [];

/** A sandbox that is stopped after the test. */
export async function start(options?: OpenRouterSandboxOptions): Promise<OpenRouterSandbox> {
  const sandbox = await OpenRouterSandbox.start(options);
  running.push(sandbox);
  return sandbox;
}

afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()));
});

/** Sets the clock that the sandbox reads, and lets everything else run as before. */
export function setClock(now: string): void {
  jest.useFakeTimers({ now: new Date(now), doNotFake: ['nextTick', 'setImmediate', 'setTimeout'] });
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: any;
}

/** One request. Its answer is held against the OpenAPI document, where that is there. */
export async function call(
  sandbox: OpenRouterSandbox,
  path: string,
  key?: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<Answer> {
  const failures = sandbox.requests.filter(({ failed }) => failed).length;
  const response = await fetch(sandbox.baseUrl + path, {
    redirect: 'manual',
    ...init,
    headers: new Headers({
      ...init.headers,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
  const json = isJson ? JSON.parse(text) : null;
  const wasArranged = sandbox.requests.filter(({ failed }) => failed).length > failures;
  if (!wasArranged) {
    expect(problemOf(init.method ?? 'GET', path, response.status, json)).toBeUndefined();
  }
  return { status: response.status, headers: response.headers, text, json };
}

/** A request of the management key with a JSON body. */
export function manage(
  sandbox: OpenRouterSandbox,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return call(sandbox, path, sandbox.managementKey, {
    method,
    ...(body === undefined
      ? {}
      : {
          headers: { 'content-type': 'application/json' },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
  });
}
