import type { OpenRouterSandbox } from '../../../lib/testing/index.js';

/** What a client has made of an answer. */
export interface ClientAnswer {
  readonly text: string;
  /** `undefined` where the client does not show it. */
  readonly cost: number | undefined;
}

/** A client of the API, each from its own package. */
export interface CompletionClient {
  readonly name: string;
  readonly packages: readonly string[];
  /** Whether the client shows the cost, in JSON and in a stream. */
  readonly showsCost: readonly [json: boolean, stream: boolean];
  complete(sandbox: OpenRouterSandbox): Promise<ClientAnswer>;
  /** Calls `onText` for each part of the text. */
  stream(sandbox: OpenRouterSandbox, onText?: (text: string) => void): Promise<ClientAnswer>;
}

export const MODEL = 'anthropic/claude-sonnet-4';
const MESSAGES = [{ role: 'user' as const, content: 'Hello?' }];

type Usage = { readonly cost?: number | null } | null | undefined;

const costOf = (usage: unknown): number | undefined => (usage as Usage)?.cost ?? undefined;

/** Gathers the text and the last usage of a stream. */
function gatherer(onText: (text: string) => void = () => undefined) {
  let text = '';
  let cost: number | undefined;
  return {
    add: (more: string | null | undefined, usage?: unknown): void => {
      if (more !== undefined && more !== null && more !== '') {
        text += more;
        onText(more);
      }
      cost = costOf(usage) ?? cost;
    },
    answer: (): ClientAnswer => ({ text, cost }),
  };
}

async function openAi(version: 6 | 7, { baseUrl, apiKey }: OpenRouterSandbox) {
  // The types of both are the same as far as they are used here, and do not fit together.
  const { default: OpenAI } = (version === 6
    ? await import('openai')
    : await import('openai-7')) as unknown as typeof import('openai');
  return new OpenAI({ apiKey, baseURL: baseUrl, maxRetries: 0 });
}

function openAiOf(version: 6 | 7, packages: readonly string[]): CompletionClient[] {
  return [
    {
      name: `openai ${version}`,
      packages,
      showsCost: [true, true],
      complete: async (sandbox) => {
        const client = await openAi(version, sandbox);
        const { choices, usage } = await client.chat.completions.create({ model: MODEL, messages: MESSAGES });
        return { text: choices[0]?.message.content ?? '', cost: costOf(usage) };
      },
      stream: async (sandbox, onText) => {
        const client = await openAi(version, sandbox);
        const { add, answer } = gatherer(onText);
        const stream = await client.chat.completions.create({
          model: MODEL,
          messages: MESSAGES,
          stream: true,
        });
        for await (const { choices, usage } of stream) add(choices[0]?.delta.content, usage);
        return answer();
      },
    },
    {
      name: `openai ${version}, Responses`,
      packages,
      showsCost: [true, true],
      complete: async (sandbox) => {
        const client = await openAi(version, sandbox);
        const response = await client.responses.create({ model: MODEL, input: 'Hello?' });
        return { text: response.output_text, cost: costOf(response.usage) };
      },
      stream: async (sandbox, onText) => {
        const client = await openAi(version, sandbox);
        const { add, answer } = gatherer(onText);
        // The helper puts the response together from its events, and falls over what does not fit.
        const stream = client.responses.stream({ model: MODEL, input: 'Hello?' });
        for await (const event of stream) {
          if (event.type === 'response.output_text.delta') add(event.delta);
          if (event.type === 'response.failed') throw new Error(event.response.error?.message);
        }
        const { output_text, usage } = await stream.finalResponse();
        add('', usage);
        if (output_text !== answer().text) throw new Error(`the whole text is ${output_text}`);
        return answer();
      },
    },
  ];
}

async function officialSdk({ baseUrl, apiKey }: OpenRouterSandbox) {
  const { OpenRouter } = await import('@openrouter/sdk');
  return new OpenRouter({ apiKey, serverURL: baseUrl, retryConfig: { strategy: 'none' } });
}

const officialClients: CompletionClient[] = [
  {
    name: '@openrouter/sdk',
    packages: ['@openrouter/sdk'],
    showsCost: [true, true],
    complete: async (sandbox) => {
      const { chat } = await officialSdk(sandbox);
      const answer = await chat.send({ chatRequest: { model: MODEL, messages: MESSAGES } });
      if (!('id' in answer)) throw new Error('expected a completion in one piece');
      const content: unknown = answer.choices[0]?.message.content;
      return { text: typeof content === 'string' ? content : '', cost: costOf(answer.usage) };
    },
    stream: async (sandbox, onText) => {
      const { chat } = await officialSdk(sandbox);
      const stream = await chat.send({ chatRequest: { model: MODEL, messages: MESSAGES, stream: true } });
      if ('id' in stream) throw new Error('expected a stream');
      const { add, answer } = gatherer(onText);
      for await (const { choices, usage, error } of stream) {
        add(choices[0]?.delta.content, usage);
        if (error !== undefined) throw new Error(error.message);
      }
      return answer();
    },
  },
  {
    name: '@openrouter/sdk, Responses',
    packages: ['@openrouter/sdk'],
    showsCost: [true, true],
    complete: async (sandbox) => {
      const sdk = await officialSdk(sandbox);
      const answer = await sdk.beta.responses.send({ responsesRequest: { model: MODEL, input: 'Hello?' } });
      if (!('id' in answer)) throw new Error('expected a response in one piece');
      const [item] = answer.output;
      const [part] = item?.type === 'message' ? item.content : [];
      return { text: part?.type === 'output_text' ? part.text : '', cost: costOf(answer.usage) };
    },
    stream: async (sandbox, onText) => {
      const sdk = await officialSdk(sandbox);
      const stream = await sdk.beta.responses.send({
        responsesRequest: { model: MODEL, input: 'Hello?', stream: true },
      });
      if ('id' in stream) throw new Error('expected a stream');
      const { add, answer } = gatherer(onText);
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') add(event.delta);
        if (event.type === 'response.completed') add('', event.response.usage);
        if (event.type === 'response.failed') throw new Error(event.response.error?.message);
      }
      return answer();
    },
  },
];

const anthropic: CompletionClient = {
  name: '@anthropic-ai/sdk',
  packages: ['@anthropic-ai/sdk'],
  showsCost: [true, false],
  complete: async (sandbox) => {
    const { content, usage } = await (
      await anthropicMessages(sandbox)
    ).create({ model: MODEL, max_tokens: 9, messages: MESSAGES });
    return { text: content[0]?.type === 'text' ? content[0].text : '', cost: costOf(usage) };
  },
  stream: async (sandbox, onText) => {
    const client = await anthropicMessages(sandbox);
    const { add, answer } = gatherer(onText);
    const stream = client.stream({ model: MODEL, max_tokens: 9, messages: MESSAGES });
    stream.on('text', (text) => add(text));
    const { content, stop_reason, usage } = await stream.finalMessage();
    add('', usage);
    if (stop_reason !== 'end_turn' || content.length !== 1) throw new Error('not the whole message');
    return answer();
  },
};

async function anthropicMessages({ baseUrl, apiKey }: OpenRouterSandbox) {
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  const baseURL = baseUrl.replace(/\/v1$/, '');
  // OpenRouter wants its key as a bearer token.
  return new Anthropic({ authToken: apiKey, apiKey: null, baseURL, maxRetries: 0 }).messages;
}

async function aiModel({ baseUrl, apiKey }: OpenRouterSandbox) {
  const { createOpenRouter } = await import('@openrouter/ai-sdk-provider');
  return createOpenRouter({ apiKey, baseURL: baseUrl }).chat(MODEL);
}

interface AiMetadata {
  readonly openrouter?: { readonly usage?: unknown };
}

const ai: CompletionClient = {
  name: 'ai',
  packages: ['ai', '@openrouter/ai-sdk-provider'],
  showsCost: [true, true],
  complete: async (sandbox) => {
    const { generateText } = await import('ai');
    const model = await aiModel(sandbox);
    const { text, finalStep } = await generateText({ model, prompt: 'Hello?', maxRetries: 0 });
    return { text, cost: costOf((finalStep.providerMetadata as AiMetadata | undefined)?.openrouter?.usage) };
  },
  stream: async (sandbox, onText) => {
    const { streamText } = await import('ai');
    let failure: { error: unknown } | undefined;
    const result = streamText({
      model: await aiModel(sandbox),
      prompt: 'Hello?',
      maxRetries: 0,
      onError: ({ error }) => {
        failure = { error };
      },
    });
    const { add, answer } = gatherer(onText);
    for await (const text of result.textStream) add(text);
    if (failure !== undefined) throw failure.error as Error;
    add('', ((await result.finalStep).providerMetadata as AiMetadata | undefined)?.openrouter?.usage);
    return answer();
  },
};

async function chatOpenAi({ baseUrl, apiKey }: OpenRouterSandbox) {
  const { ChatOpenAI } = await import('@langchain/openai');
  return new ChatOpenAI({ apiKey, model: MODEL, maxRetries: 0, configuration: { baseURL: baseUrl } });
}

const langChain: CompletionClient = {
  name: '@langchain/openai',
  packages: ['@langchain/openai', '@langchain/core'],
  showsCost: [false, false],
  complete: async (sandbox) => {
    const message = await (await chatOpenAi(sandbox)).invoke('Hello?');
    return { text: message.text, cost: undefined };
  },
  stream: async (sandbox, onText) => {
    const { add, answer } = gatherer(onText);
    for await (const chunk of await (await chatOpenAi(sandbox)).stream('Hello?')) add(chunk.text);
    return answer();
  },
};

export const COMPLETION_CLIENTS: readonly CompletionClient[] = [
  ...openAiOf(6, ['openai']),
  ...openAiOf(7, ['openai-7']),
  ...officialClients,
  anthropic,
  ai,
  langChain,
];
