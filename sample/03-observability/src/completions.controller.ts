import { BadRequestException, Body, Controller, HttpCode, Post, StreamableFile } from '@nestjs/common';
import { RequireCredits } from 'nestjs-openrouter';
import { Completions } from './completions.js';

type PromptBody = { prompt?: unknown } | undefined;

@Controller('completions')
export class CompletionsController {
  constructor(private readonly completions: Completions) {}

  /** Answers 402 while less than 50 cents are left, without a request to OpenRouter. */
  @Post()
  @HttpCode(200)
  @RequireCredits(0.5)
  complete(@Body() body: PromptBody): Promise<{ content: string; cost: number }> {
    return this.completions.ask(promptOf(body));
  }

  /** The same as a stream of events. When the client leaves, Nest destroys the stream, which cancels the completion. */
  @Post('stream')
  @HttpCode(200)
  @RequireCredits(0.5)
  async stream(@Body() body: PromptBody): Promise<StreamableFile> {
    const events = await this.completions.stream(promptOf(body));
    return new StreamableFile(events, { type: 'text/event-stream' });
  }
}

function promptOf(body: PromptBody): string {
  const prompt = body?.prompt;
  if (typeof prompt !== 'string' || prompt.trim() === '') {
    throw new BadRequestException('`prompt` must be a string that is not blank');
  }
  return prompt;
}
