import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireCredits } from 'nestjs-openrouter';
import type { Completion } from '../../shared/dashboard.js';
import { CompletionRequest } from './completion-request.js';
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

  /** Answers 402 without a request to OpenRouter while less than 50 cents are left, or too little of the tenant's limit. */
  @Post()
  @HttpCode(200)
  @RequireCredits(0.5)
  @ApiOperation({ summary: 'Send a completion' })
  @ApiOkResponse({ type: CompletionDto })
  @ApiResponse({
    status: 402,
    description:
      'Less than 50 cents are left, or too little of the limit of the tenant; the message says how much',
  })
  @ApiResponse({ status: 502, description: 'The completion failed' })
  @ApiResponse({ status: 503, description: 'The store of the spend limits does not answer' })
  complete(@Body() { tenant }: CompletionRequest): Promise<Completion> {
    return this.completions.complete(tenant);
  }
}
