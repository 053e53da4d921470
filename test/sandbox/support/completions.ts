import type {
  OpenRouterSandbox,
  OpenRouterSandboxOptions,
  SandboxCompletion,
} from '../../../lib/testing/index.js';
import { type Answer, call, manage, start } from './sandbox.js';

/** Longer than any test: a stream with such pauses goes on only by being left. */
export const ENDLESS = 2_147_483_647;

const messages = [{ role: 'user', content: 'Hello?' }];

/** A request for each API that completes. */
export const BODIES: Readonly<Record<string, object>> = {
  '/chat/completions': { model: 'openai/gpt-4.1', messages },
  '/responses': { model: 'openai/gpt-4.1', input: 'Hello?' },
  '/messages': { model: 'openai/gpt-4.1', max_tokens: 9, messages },
  '/embeddings': { model: 'openai/gpt-4.1', input: ['Hello?', 'Anybody?'] },
};
export const PATHS = Object.keys(BODIES);
export const STREAMING = PATHS.filter((path) => path !== '/embeddings');

export function post(
  sandbox: OpenRouterSandbox,
  path = '/chat/completions',
  body: object = {},
): Promise<Answer> {
  return call(sandbox, path, sandbox.apiKey, {
    method: 'POST',
    body: JSON.stringify({ ...BODIES[path], ...body }),
  });
}

/** An account that has used nothing, and decides so about every completion. */
export async function deciding(
  decision: SandboxCompletion | undefined,
  options: OpenRouterSandboxOptions = {},
): Promise<OpenRouterSandbox> {
  const sandbox = await start({ credits: { totalCredits: 10, totalUsage: 0 }, ...options });
  sandbox.onCompletion(() => decision);
  return sandbox;
}

export async function totalUsage(sandbox: OpenRouterSandbox): Promise<number> {
  return (await manage(sandbox, 'GET', '/credits')).json.data.total_usage as number;
}

/** The events of a stream, without comments and `[DONE]`. */
export function eventsOf({ text }: Answer): any[] {
  return text
    .split('\n\n')
    .flatMap((block) => /^data: (\{.*)$/m.exec(block)?.[1] ?? [])
    .map((data) => JSON.parse(data));
}

/** The text of an event of any of the APIs. */
export function textOf(event: any): string {
  const { choices, delta } = event;
  return choices?.[0]?.delta.content ?? (typeof delta === 'string' ? delta : (delta?.text ?? ''));
}

export function costOf({ usage, response }: any): number | undefined {
  return (usage ?? response?.usage)?.cost as number | undefined;
}

/** Leaves a stream once some text has come, and waits until that is charged; returns the id of the generation. */
export async function leaveAfter(
  sandbox: OpenRouterSandbox,
  text: string,
  path = '/chat/completions',
): Promise<string> {
  const client = new AbortController();
  const response = await fetch(sandbox.baseUrl + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}` },
    body: JSON.stringify({ ...BODIES[path], stream: true }),
    signal: client.signal,
  });
  const reader = response.body!.getReader();
  let seen = '';
  while (!seen.includes(text)) seen += new TextDecoder().decode((await reader.read()).value);
  const before = sandbox.charges.length;
  client.abort();
  while (sandbox.charges.length === before) await new Promise(setImmediate);
  return response.headers.get('x-generation-id')!;
}
