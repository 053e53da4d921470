import { describe, expect, it } from '@jest/globals';
import OpenAI, { APIError, AuthenticationError, PermissionDeniedError } from 'openai';
import type { OpenRouterSandbox } from '../../lib/testing/index.js';
import { manage, start } from './support/sandbox.js';

// The client that most chats with OpenRouter go through.
function completions(sandbox: OpenRouterSandbox, apiKey: string): OpenAI.Chat.Completions {
  return new OpenAI({ apiKey, baseURL: sandbox.baseUrl, maxRetries: 0 }).chat.completions;
}

const request = { model: 'openai/gpt-4.1', messages: [{ role: 'user' as const, content: 'Hello?' }] };

async function refusal(sandbox: OpenRouterSandbox, apiKey = sandbox.apiKey): Promise<APIError> {
  const error: unknown = await completions(sandbox, apiKey)
    .create(request)
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe('the openai package', () => {
  it('chats, in one piece and streamed', async () => {
    const sandbox = await start();
    const client = completions(sandbox, sandbox.apiKey);
    const { data, response } = await client.create(request).withResponse();
    expect(data.choices[0]?.message.content).toBe('Hello from the sandbox.');
    expect(data.usage).toMatchObject({ completion_tokens: 5, cost: 0.0015 });
    expect(response.headers.get('x-generation-id')).toBe(data.id);

    const chunks = [];
    for await (const chunk of await client.create({ ...request, stream: true })) chunks.push(chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content).join('')).toBe('Hello from the sandbox.');
    expect(chunks.at(-1)?.usage).toMatchObject({ completion_tokens: 5, cost: 0.0015 });
  });

  it('sees the refusals', async () => {
    const sandbox = await start({ credits: { totalCredits: 10, totalUsage: 0 }, keyLimit: 5 });
    const stranger = await refusal(sandbox, sandbox.managementKey);
    expect(stranger).toBeInstanceOf(AuthenticationError);
    expect(stranger.message).toBe('401 User not found.');

    sandbox.spend(5);
    const limited = await refusal(sandbox);
    expect(limited).toBeInstanceOf(PermissionDeniedError);
    expect(limited.message).toContain('Key limit exceeded (total limit)');

    await manage(sandbox, 'PUT', '/workspaces/default/budgets/daily', { limit_usd: 5 });
    expect(await refusal(sandbox)).toMatchObject({
      status: 403,
      error: { metadata: { limit_source: 'openrouter_workspace_budget', limit_usd: 5, spend_usd: 5 } },
    });

    sandbox.spend(5);
    expect(await refusal(sandbox)).toMatchObject({
      status: 402,
      error: { metadata: { limit_source: 'openrouter_credits' } },
    });
  });
});
