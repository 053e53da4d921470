import { readFileSync } from 'node:fs';
import { API_KEY } from '../support/servers.js';

/** What a client has thrown, or what it has given as if nothing had happened: a value, or the parts of a stream. */
export interface ClientOutcome {
  readonly thrown?: unknown;
  readonly value?: unknown;
}

/** A client of OpenRouter as an application uses it, by the name of its package. */
export interface PackagedClient {
  readonly name: string;
  /** The packages that it is made of, as they are installed here. */
  readonly packages: readonly string[];
  readonly complete: (baseUrl: string) => Promise<unknown>;
  readonly stream: (baseUrl: string) => Promise<unknown>;
}

const MODEL = 'x/y';
const MESSAGES = [{ role: 'user' as const, content: 'Hi' }];

/** Everything that a stream gives. */
async function partsOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const parts: unknown[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

async function openAi(version: 6 | 7, baseURL: string) {
  // The types of both are the same as far as they are used here, and do not fit together.
  const { default: OpenAI } = (version === 6
    ? await import('openai')
    : await import('openai-7')) as unknown as typeof import('openai');
  return new OpenAI({ apiKey: API_KEY, baseURL, maxRetries: 0 });
}

function openAiOf(version: 6 | 7, packages: readonly string[]): PackagedClient[] {
  const name = `openai ${version}`;
  return [
    {
      name,
      packages,
      complete: async (baseUrl) =>
        (await openAi(version, baseUrl)).chat.completions.create({ model: MODEL, messages: MESSAGES }),
      stream: async (baseUrl) =>
        partsOf(
          await (
            await openAi(version, baseUrl)
          ).chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true }),
        ),
    },
    {
      name: `${name}, Responses`,
      packages,
      complete: async (baseUrl) =>
        (await openAi(version, baseUrl)).responses.create({ model: MODEL, input: 'Hi' }),
      stream: async (baseUrl) =>
        partsOf(
          await (
            await openAi(version, baseUrl)
          ).responses.create({ model: MODEL, input: 'Hi', stream: true }),
        ),
    },
  ];
}

async function anthropic(baseUrl: string) {
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  return new Anthropic({ apiKey: API_KEY, baseURL: baseUrl.replace(/\/v1$/, ''), maxRetries: 0 });
}

async function officialSdk(baseUrl: string) {
  const { OpenRouter } = await import('@openrouter/sdk');
  return new OpenRouter({ apiKey: API_KEY, serverURL: baseUrl, retryConfig: { strategy: 'none' } });
}

async function aiModel(baseURL: string) {
  const { createOpenRouter } = await import('@openrouter/ai-sdk-provider');
  return createOpenRouter({ apiKey: API_KEY, baseURL }).chat(MODEL);
}

const AI_PACKAGES = ['ai', '@openrouter/ai-sdk-provider'];

function aiSdk(name: string, maxRetries: number): PackagedClient {
  return {
    name,
    packages: AI_PACKAGES,
    complete: async (baseUrl) => {
      const { generateText } = await import('ai');
      return generateText({ model: await aiModel(baseUrl), prompt: 'Hi', maxRetries });
    },
    stream: async (baseUrl) => {
      const { streamText } = await import('ai');
      let failure: { error: unknown } | undefined;
      const { textStream } = streamText({
        model: await aiModel(baseUrl),
        prompt: 'Hi',
        maxRetries,
        onError: ({ error }) => {
          failure = { error };
        },
      });
      const parts = await partsOf(textStream);
      if (failure !== undefined) throw failure.error;
      return parts;
    },
  };
}

async function chatOpenAi(baseURL: string) {
  const { ChatOpenAI } = await import('@langchain/openai');
  return new ChatOpenAI({ apiKey: API_KEY, model: MODEL, maxRetries: 0, configuration: { baseURL } });
}

/** The clients that applications use beside this package, each from its own package. */
export const PACKAGED_CLIENTS: readonly PackagedClient[] = [
  ...openAiOf(6, ['openai']),
  ...openAiOf(7, ['openai-7']),
  {
    name: '@openrouter/sdk',
    packages: ['@openrouter/sdk'],
    complete: async (baseUrl) =>
      (await officialSdk(baseUrl)).chat.send({ chatRequest: { model: MODEL, messages: MESSAGES } }),
    stream: async (baseUrl) =>
      partsOf(
        (await (
          await officialSdk(baseUrl)
        ).chat.send({
          chatRequest: { model: MODEL, messages: MESSAGES, stream: true },
        })) as AsyncIterable<unknown>,
      ),
  },
  {
    name: '@anthropic-ai/sdk',
    packages: ['@anthropic-ai/sdk'],
    complete: async (baseUrl) =>
      (await anthropic(baseUrl)).messages.create({ model: MODEL, max_tokens: 9, messages: MESSAGES }),
    stream: async (baseUrl) =>
      partsOf(
        await (
          await anthropic(baseUrl)
        ).messages.create({ model: MODEL, max_tokens: 9, messages: MESSAGES, stream: true }),
      ),
  },
  aiSdk('ai', 0),
  aiSdk('ai, after a retry', 1),
  {
    name: '@langchain/openai',
    packages: ['@langchain/openai', '@langchain/core'],
    complete: async (baseUrl) => (await chatOpenAi(baseUrl)).invoke('Hi'),
    stream: async (baseUrl) => partsOf(await (await chatOpenAi(baseUrl)).stream('Hi')),
  },
];

/** The lowest major version of Node that a package says it needs. */
function neededNode(name: string): number {
  const manifest = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as {
    engines?: { node?: string };
  };
  return Number(/>=\s*(\d+)/.exec(manifest.engines?.node ?? '')?.[1] ?? 0);
}

/** Why a client cannot be tried on this Node; `undefined` if it can. */
export function skipReason({ packages }: Pick<PackagedClient, 'packages'>): string | undefined {
  const needed = Math.max(...packages.map(neededNode));
  const running = Number(process.versions.node.split('.')[0]);
  return running < needed ? `needs Node ${needed} or newer` : undefined;
}

/** How a call of a client has ended. */
export async function outcomeOf(call: Promise<unknown>): Promise<ClientOutcome> {
  return call.then(
    (value) => ({ value }),
    (thrown: unknown) => ({ thrown }),
  );
}
