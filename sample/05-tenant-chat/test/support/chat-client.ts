import type { Limit, Message, PlanName, Usage } from '../../shared/chat.js';

/** An answer of the server, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What was said, if it is an answer of the assistant. */
  readonly said: string;
  /** What it has cost, if it says so. */
  readonly cost: number | undefined;
}

/** What the page asks of a server, without the page. */
export class ChatClient {
  /** All that was answered. */
  readonly texts: string[] = [];

  constructor(readonly url: string) {}

  /** Sends a conversation, or its only question, and reads the answer. */
  async ask(person: string, conversation: string | readonly Message[] = 'Hello?'): Promise<Answer> {
    const response = await this.open(person, conversation);
    return this.read(response);
  }

  /** Sends a conversation. The answer is still to be read. */
  open(
    person: string,
    conversation: string | readonly Message[] = 'Hello?',
    signal: AbortSignal | null = null,
  ): Promise<Response> {
    const messages =
      typeof conversation === 'string' ? [{ role: 'user', content: conversation }] : conversation;
    return this.send('POST', '/api/chat', person, { messages }, signal);
  }

  async usage(person: string): Promise<Usage> {
    const { status, text } = await this.read(await this.send('GET', '/api/usage', person));
    if (status !== 200) throw new Error(`${status} ${text}`);
    return JSON.parse(text) as Usage;
  }

  async limit(person: string, name: string): Promise<Limit> {
    const { limits } = await this.usage(person);
    return limits.find((limit) => limit.name === name)!;
  }

  async choosePlan(person: string, plan: PlanName): Promise<number> {
    return (await this.send('PUT', '/api/plan', person, { plan })).status;
  }

  send(
    method: string,
    path: string,
    person: string,
    body?: unknown,
    signal: AbortSignal | null = null,
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
  }

  async read(response: Response): Promise<Answer> {
    const text = await response.text();
    this.texts.push(JSON.stringify([...response.headers]), text);
    const cost = /^event: cost\ndata: (.+)$/m.exec(text)?.[1];
    return {
      status: response.status,
      headers: response.headers,
      text,
      said: [...text.matchAll(/^event: text\ndata: (.+)$/gm)].map(([, data]) => JSON.parse(data!)).join(''),
      cost: cost === undefined ? undefined : Number(cost),
    };
  }
}
