import type { ChatEvents, Conversation, Person, PlanName, Usage } from '../shared/chat.js';

/** An answer that is no success. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What the page asks of the server, as one person. */
export class Server {
  /** Who asks. */
  person = '';

  async people(): Promise<readonly Person[]> {
    return (await (await this.ask('GET', '/api/people')).json()) as readonly Person[];
  }

  async usage(): Promise<Usage> {
    return (await (await this.ask('GET', '/api/usage')).json()) as Usage;
  }

  async choosePlan(plan: PlanName): Promise<void> {
    await this.ask('PUT', '/api/plan', { plan });
  }

  /** Sends a conversation, and tells the events of the answer as they come. */
  async chat(
    conversation: Conversation,
    signal: AbortSignal,
    on: { readonly [Type in keyof ChatEvents]: (data: ChatEvents[Type]) => void },
  ): Promise<void> {
    const { body } = await this.ask('POST', '/api/chat', conversation, signal);
    if (body === null) return;
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let unread = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (unread + value).split('\n\n');
      unread = events.pop() ?? '';
      for (const event of events) {
        const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (type === 'text' || type === 'failure') on[type](JSON.parse(data ?? '') as string);
        if (type === 'cost') on.cost(JSON.parse(data ?? '') as number);
      }
    }
  }

  private async ask(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<globalThis.Response> {
    const response = await fetch(path, {
      method,
      headers: { authorization: `Bearer ${this.person}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ?? null,
    });
    if (response.ok) return response;
    const { message } = (await response.json().catch(() => ({}))) as { message?: string | string[] };
    throw new Refusal(
      response.status,
      [message ?? `The server answered ${response.status}.`].flat().join('; '),
    );
  }
}
