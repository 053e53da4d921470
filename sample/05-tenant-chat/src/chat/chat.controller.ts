import type { ServerResponse } from 'node:http';
import { Body, Controller, Header, HttpCode, Post, Res, type StreamableFile } from '@nestjs/common';
import { MeterAs, WithinSpendLimits } from 'nestjs-openrouter';
import { spenderOf } from '../tenants/sign-in.js';
import { Assistant } from './assistant.js';
import { ChatRequest } from './chat.request.js';
import { eventStream } from './event-stream.js';

@Controller('api/chat')
export class ChatController {
  constructor(private readonly assistant: Assistant) {}

  /**
   * Not an `@Sse` route: that sends its status before a handler behind an interceptor, which `@MeterAs` is, has failed. A
   * refusal would come as an event of a 200.
   */
  @Post()
  @HttpCode(200)
  // nginx would hold the pieces back.
  @Header('X-Accel-Buffering', 'no')
  @MeterAs(spenderOf)
  @WithinSpendLimits()
  async chat(
    @Body() { messages }: ChatRequest,
    @Res({ passthrough: true }) response: ServerResponse,
  ): Promise<StreamableFile> {
    const left = new AbortController();
    response.once('close', () => {
      left.abort();
    });
    return eventStream(await this.assistant.answer(messages, left.signal));
  }
}
