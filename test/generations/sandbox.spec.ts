import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { OpenRouterClient, OpenRouterNotFoundException } from '../../lib/index.js';
import { OpenRouterSandbox } from '../../lib/testing/index.js';
import { failureOf } from '../support/failures.js';

let sandbox: OpenRouterSandbox;
let client: OpenRouterClient;

beforeEach(async () => {
  sandbox = await OpenRouterSandbox.start({ completionCost: 0.0125, generationMisses: 2 });
  const { apiKey, managementKey, baseUrl } = sandbox;
  client = new OpenRouterClient({ apiKey, managementKey, baseUrl });
});

afterEach(async () => {
  await client.close();
  await sandbox.stop();
});

async function complete(): Promise<string> {
  const { completions } = new OpenAI({ apiKey: sandbox.apiKey, baseURL: sandbox.baseUrl }).chat;
  const model = 'openai/gpt-4.1';
  return (await completions.create({ model, messages: [{ role: 'user', content: 'Hello?' }] })).id;
}

describe('the generation of a completion', () => {
  it('is there after a while, with its cost', async () => {
    const id = await complete();
    const before = sandbox.requests.length;
    const generation = await client.generations.get(id, { waitMs: 5_000 });
    expect(generation).toMatchObject({ id, totalCost: 0.0125, usage: 0.0125, model: 'openai/gpt-4.1' });
    expect(generation.createdAt).toBeInstanceOf(Date);
    expect(generation.providerResponses).toMatchObject([{ status: 200, isByok: false }]);
    const asked = sandbox.requests.slice(before);
    const call = [`/api/v1/generation?id=${id}`, 'api'];
    expect(asked.map(({ path, key }) => [path, key])).toEqual([call, call, call]);
  });

  it('is not found where it is not waited for, nor where there is none', async () => {
    const id = await complete();
    expect(await failureOf(client.generations.get(id))).toBeInstanceOf(OpenRouterNotFoundException);
    const none = client.generations.get('gen-none', { waitMs: 200 });
    expect(await failureOf(none)).toBeInstanceOf(OpenRouterNotFoundException);
  });
});
