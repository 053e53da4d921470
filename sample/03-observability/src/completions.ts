import { Readable } from 'node:stream';
import { BadGatewayException, Inject, Injectable } from '@nestjs/common';
import { MeteringService } from 'nestjs-openrouter';
import type { Account } from './account.js';

/** The used part of a completion. */
interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[];
  readonly usage: { readonly cost: number };
}

/**
 * Sends completions through `metering.fetch`, which takes their costs from the balance, and reports to it when the
 * credits are used up.
 */
@Injectable()
export class Completions {
  static readonly ACCOUNT = 'account';

  constructor(
    @Inject(Completions.ACCOUNT) private readonly account: Account,
    private readonly metering: MeteringService,
  ) {}

  async ask(content: string): Promise<{ content: string; cost: number }> {
    const response = await this.send(content, { signal: AbortSignal.timeout(30_000) });
    const { choices, usage } = (await response.json()) as Completion;
    return { content: choices[0]?.message.content ?? '', cost: usage.cost };
  }

  /**
   * The events of the completion as they come. If the stream is destroyed, the completion is cancelled, and costs what it
   * had said until then.
   */
  async stream(content: string): Promise<Readable> {
    const { body } = await this.send(content, { stream: true });
    return body === null ? Readable.from([]) : Readable.fromWeb(body);
  }

  private async send(
    content: string,
    { signal, stream = false }: { readonly signal?: AbortSignal; readonly stream?: boolean },
  ): Promise<Response> {
    const response = await this.metering.fetch(`${this.account.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.account.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai/gpt-4.1-mini',
        messages: [{ role: 'user', content }],
        stream,
      }),
      signal: signal ?? null,
    });
    if (!response.ok) {
      // Read, because the meter sees what passes: an error that says that the credits are used up is in the body.
      await response.text();
      throw new BadGatewayException('The completion failed.');
    }
    return response;
  }
}
