import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireCredits } from 'nestjs-openrouter';
import type { Completion } from '../../shared/dashboard.js';
import { NO_FIELDS, NoFields } from '../no-fields.js';
import { Completions } from './completions.js';

class CompletionDto implements Completion {
  @ApiProperty({ example: 'openai/gpt-4.1' })
  readonly model!: string;
  @ApiProperty({ description: 'In USD', example: 0.02 })
  readonly cost!: number;
}

@ApiTags('completions')
@Controller('api/completions')
export class CompletionsController {
  constructor(private readonly completions: Completions) {}

  /** Answers 402 while less than 50 cents are left, without a request to OpenRouter. */
  @Post()
  @HttpCode(200)
  @RequireCredits(0.5)
  @ApiOperation({ summary: 'Send a completion' })
  @ApiBody({ schema: NO_FIELDS })
  @ApiOkResponse({ type: CompletionDto })
  @ApiResponse({ status: 402, description: 'Less than 50 cents are left; the message says how much' })
  @ApiResponse({ status: 502, description: 'The completion failed' })
  complete(@Body(NoFields) _body: unknown): Promise<Completion> {
    return this.completions.complete();
  }
}
