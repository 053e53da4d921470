import { BadRequestException, Body, Controller, HttpCode, Post } from '@nestjs/common';
import { RequireCredits } from 'nestjs-openrouter';
import { Completions } from './completions.js';

@Controller('completions')
export class CompletionsController {
  constructor(private readonly completions: Completions) {}

  /** Answers 402 while less than 50 cents are left, without a request to OpenRouter. */
  @Post()
  @HttpCode(200)
  @RequireCredits(0.5)
  complete(@Body() body: { prompt?: unknown } | undefined): Promise<{ content: string; cost: number }> {
    const prompt = body?.prompt;
    if (typeof prompt !== 'string' || prompt.trim() === '') {
      throw new BadRequestException('`prompt` must be a string that is not blank');
    }
    return this.completions.ask(prompt);
  }
}
