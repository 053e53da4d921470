import { Inject, Injectable, Logger } from '@nestjs/common';
import { classifyOpenRouterError, MeteringService } from 'nestjs-openrouter';
import OpenAI from 'openai';
import { readVariable } from 'sample-shared';
import type { Message } from '../../shared/chat.js';
import { Account } from '../account.js';
import type { ChatEvent } from './event-stream.js';

const MAX_TOKENS = 1_000;

type Chunks = AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>;

@Injectable()
export class Assistant {
  private readonly logger = new Logger('Assistant');
  private readonly openai: OpenAI;
  private readonly model = readVariable('MODEL') ?? 'openai/gpt-4.1-mini';

  constructor(@Inject(Account) { apiKey, baseUrl }: Account, metering: MeteringService) {
    this.openai = new OpenAI({ apiKey, baseURL: baseUrl, fetch: metering.fetch });
  }

  /** The answer, piece by piece. What cannot even begin is thrown, above all the refusal of a spend limit. */
  async answer(messages: readonly Message[], signal: AbortSignal): Promise<AsyncIterable<ChatEvent>> {
    const stream = await this.openai.chat.completions.create(
      { model: this.model, messages: [...messages], stream: true, max_completion_tokens: MAX_TOKENS },
      { signal },
    );
    return this.eventsOf(stream);
  }

  private async *eventsOf(chunks: Chunks): AsyncGenerator<ChatEvent> {
    try {
      for await (const { choices, usage } of chunks) {
        const text = choices[0]?.delta.content ?? '';
        if (text !== '') yield { type: 'text', data: text };
        const { cost } = (usage ?? {}) as { readonly cost?: number };
        if (cost !== undefined) yield { type: 'cost', data: cost };
      }
    } catch (error) {
      // The status is sent already. The meter books what OpenRouter bills for the part.
      this.logger.warn(`An answer broke off: ${classifyOpenRouterError(error).kind}`);
      yield { type: 'failure', data: 'The answer broke off. Please ask again.' };
    }
  }
}
