import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBadRequestResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SandboxPlayground } from './sandbox-playground.js';
import { AmountRequest, BusyRequest, ConditionRequest, KeyRequest } from './sandbox.requests.js';

@ApiTags('sandbox')
@ApiNoContentResponse()
@ApiBadRequestResponse({ description: 'The body is invalid; the message names the field' })
@Controller('api/sandbox')
export class SandboxController {
  constructor(private readonly playground: SandboxPlayground) {}

  @Post('spend')
  @HttpCode(204)
  @ApiOperation({ summary: 'Spend, as another user of the key would' })
  spend(@Body() { usd }: AmountRequest): void {
    this.playground.spend(usd);
  }

  @Post('top-up')
  @HttpCode(204)
  @ApiOperation({ summary: 'Buy credits' })
  topUp(@Body() { usd }: AmountRequest): void {
    this.playground.topUp(usd);
  }

  @Post('condition')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Make the API work, fail, slow down or throttle',
  })
  setCondition(@Body() { condition }: ConditionRequest): void {
    this.playground.setCondition(condition);
  }

  @Post('key')
  @HttpCode(204)
  @ApiOperation({ summary: 'Make the keys expire or work again' })
  setKey(@Body() { expired }: KeyRequest): void {
    this.playground.setKeyExpired(expired);
  }

  @Post('busy')
  @HttpCode(204)
  @ApiOperation({ summary: 'Start or stop background completions' })
  setBusy(@Body() { busy }: BusyRequest): void {
    this.playground.setBusy(busy);
  }
}
