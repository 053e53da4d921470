import type { PackagedClient } from '../../errors/clients.js';

type Fetch = typeof globalThis.fetch;

/** How a client is put up for one request. */
export interface Wiring {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** `undefined` for the client's own choice. */
  readonly fetch: Fetch | undefined;
  /** The end user that the request names, which the server's bill names too. */
  readonly user: string;
  readonly maxRetries: number;
  readonly signal?: AbortSignal | undefined;
}

/** A client of completions that takes a `fetch`. */
export interface MeteredClient extends Pick<PackagedClient, 'name' | 'packages'> {
  /** Below the base URL. */
  readonly path: string;
  /** What it does with a stream whose loop is left. */
  readonly onBreak: 'cancels' | 'reads on';
  /** Where the cost of a stream comes from that is read to the end. */
  readonly streamSource: 'answer' | 'generation';
  complete(wiring: Wiring): Promise<unknown>;
  stream(wiring: Wiring): Promise<AsyncIterable<unknown>>;
}

const MODEL = 'openai/gpt-4.1';
const MESSAGES = [{ role: 'user' as const, content: 'Hi' }];

async function openAi(version: 6 | 7, { apiKey, baseUrl, fetch, maxRetries }: Wiring) {
  // The types of both are the same as far as they are used here, and do not fit together.
  const { default: OpenAI } = (version === 6
    ? await import('openai')
    : await import('openai-7')) as unknown as typeof import('openai');
  return new OpenAI({ apiKey, baseURL: baseUrl, maxRetries, ...(fetch !== undefined && { fetch }) });
}

/** The member by which the sandbox knows an end user; `openai` advises against it. */
const userOf = ({ user }: Wiring): { user: string } => ({ user });

function openAiOf(version: 6 | 7): MeteredClient[] {
  const shared = {
    packages: [version === 6 ? 'openai' : 'openai-7'],
    onBreak: 'cancels',
    streamSource: 'answer',
  } as const;
  return [
    {
      ...shared,
      name: `openai ${version}`,
      path: '/chat/completions',
      complete: async (wiring) =>
        (await openAi(version, wiring)).chat.completions.create(
          { model: MODEL, messages: MESSAGES, ...userOf(wiring) },
          { signal: wiring.signal },
        ),
      stream: async (wiring) =>
        (await openAi(version, wiring)).chat.completions.create(
          { model: MODEL, messages: MESSAGES, ...userOf(wiring), stream: true },
          { signal: wiring.signal },
        ),
    },
    {
      ...shared,
      name: `openai ${version}, Responses`,
      path: '/responses',
      complete: async (wiring) =>
        (await openAi(version, wiring)).responses.create(
          { model: MODEL, input: 'Hi', ...userOf(wiring) },
          { signal: wiring.signal },
        ),
      stream: async (wiring) =>
        (await openAi(version, wiring)).responses.create(
          { model: MODEL, input: 'Hi', ...userOf(wiring), stream: true },
          { signal: wiring.signal },
        ),
    },
  ];
}

async function anthropic({ apiKey, baseUrl, fetch, maxRetries }: Wiring) {
  const { default: Anthropic } = await import('@anthropic-ai/sdk');
  return new Anthropic({
    authToken: apiKey,
    apiKey: null,
    baseURL: baseUrl.replace(/\/v1$/, ''),
    maxRetries,
    ...(fetch !== undefined && { fetch }),
  });
}

async function officialSdk({ apiKey, baseUrl, fetch, maxRetries }: Wiring) {
  const { HTTPClient, OpenRouter } = await import('@openrouter/sdk');
  return new OpenRouter({
    apiKey,
    serverURL: baseUrl,
    retryConfig:
      maxRetries === 0
        ? { strategy: 'none' }
        : {
            strategy: 'backoff',
            backoff: { initialInterval: 1, maxInterval: 2, exponent: 1, maxElapsedTime: 30_000 },
            retryConnectionErrors: true,
          },
    ...(fetch !== undefined && { httpClient: new HTTPClient({ fetcher: fetch }) }),
  });
}

async function aiModel({ apiKey, baseUrl, fetch, user }: Wiring) {
  const { createOpenRouter } = await import('@openrouter/ai-sdk-provider');
  return createOpenRouter({ apiKey, baseURL: baseUrl, ...(fetch !== undefined && { fetch }) }).chat(MODEL, {
    user,
  });
}

/** @param maxConcurrency - How many requests the model sends at the same time; the others wait in its queue. */
export async function chatOpenAi(
  { apiKey, baseUrl, fetch, user, maxRetries }: Wiring,
  maxConcurrency = Infinity,
) {
  const { ChatOpenAI } = await import('@langchain/openai');
  return new ChatOpenAI({
    apiKey,
    model: MODEL,
    user,
    maxRetries,
    maxConcurrency,
    configuration: { baseURL: baseUrl, ...(fetch !== undefined && { fetch }) },
  });
}

function plainRequest({ apiKey, user, signal }: Wiring, isStream: boolean): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: MESSAGES, user, ...(isStream && { stream: true }) }),
    signal: signal ?? null,
  };
}

async function plainAnswer(wiring: Wiring, isStream: boolean): Promise<Response> {
  const send = wiring.fetch ?? globalThis.fetch;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await send(`${wiring.baseUrl}/chat/completions`, plainRequest(wiring, isStream));
    if (answer.ok) return answer;
    const text = await answer.text();
    if ((answer.status !== 429 && answer.status < 500) || attempt === wiring.maxRetries) {
      throw new Error(`${answer.status}: ${text}`);
    }
  }
}

async function* textsOf(answer: Response): AsyncGenerator<string> {
  for await (const bytes of answer.body as AsyncIterable<Uint8Array>) {
    yield Buffer.from(bytes).toString('latin1');
  }
}

function signalOf({ signal }: Wiring): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** Everything that can send a completion and takes a `fetch`. */
export const METERED_CLIENTS: readonly MeteredClient[] = [
  ...openAiOf(6),
  ...openAiOf(7),
  {
    name: '@openrouter/sdk',
    packages: ['@openrouter/sdk'],
    path: '/chat/completions',
    onBreak: 'cancels',
    streamSource: 'answer',
    complete: async (wiring) =>
      (await officialSdk(wiring)).chat.send(
        { chatRequest: { model: MODEL, messages: MESSAGES, user: wiring.user } },
        { retryCodes: ['429', '5XX'], ...signalOf(wiring) },
      ),
    stream: async (wiring) =>
      (await (
        await officialSdk(wiring)
      ).chat.send(
        { chatRequest: { model: MODEL, messages: MESSAGES, user: wiring.user, stream: true } },
        { retryCodes: ['429', '5XX'], ...signalOf(wiring) },
      )) as AsyncIterable<unknown>,
  },
  {
    name: '@anthropic-ai/sdk',
    packages: ['@anthropic-ai/sdk'],
    path: '/messages',
    onBreak: 'cancels',
    // The stream of this API states tokens and no cost.
    streamSource: 'generation',
    complete: async (wiring) =>
      (await anthropic(wiring)).messages.create(
        { model: MODEL, max_tokens: 9, messages: MESSAGES, metadata: { user_id: wiring.user } },
        { signal: wiring.signal },
      ),
    stream: async (wiring) =>
      (await anthropic(wiring)).messages.create(
        { model: MODEL, max_tokens: 9, messages: MESSAGES, metadata: { user_id: wiring.user }, stream: true },
        { signal: wiring.signal },
      ),
  },
  {
    name: 'ai',
    packages: ['ai', '@openrouter/ai-sdk-provider'],
    path: '/chat/completions',
    onBreak: 'reads on',
    streamSource: 'answer',
    complete: async (wiring) => {
      const { generateText } = await import('ai');
      const { text, finishReason, usage } = await generateText({
        model: await aiModel(wiring),
        prompt: 'Hi',
        maxRetries: wiring.maxRetries,
        ...(wiring.signal !== undefined && { abortSignal: wiring.signal }),
      });
      return { text, finishReason, usage };
    },
    stream: async (wiring) => {
      const { streamText } = await import('ai');
      let failure: { error: unknown } | undefined;
      const { textStream } = streamText({
        model: await aiModel(wiring),
        prompt: 'Hi',
        maxRetries: wiring.maxRetries,
        ...(wiring.signal !== undefined && { abortSignal: wiring.signal }),
        onError: ({ error }) => {
          failure = { error };
        },
      });
      return (async function* parts() {
        yield* textStream;
        if (failure !== undefined) throw failure.error;
      })();
    },
  },
  {
    name: '@langchain/openai',
    packages: ['@langchain/openai', '@langchain/core'],
    path: '/chat/completions',
    onBreak: 'cancels',
    streamSource: 'answer',
    complete: async (wiring) => (await chatOpenAi(wiring)).invoke('Hi', signalOf(wiring)),
    stream: async (wiring) => (await chatOpenAi(wiring)).stream('Hi', signalOf(wiring)),
  },
  {
    name: 'fetch',
    packages: [],
    path: '/chat/completions',
    onBreak: 'cancels',
    streamSource: 'answer',
    complete: async (wiring) => (await plainAnswer(wiring, false)).json(),
    stream: async (wiring) => textsOf(await plainAnswer(wiring, true)),
  },
];
