import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBadRequestResponse, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SandboxPlayground } from './sandbox-playground.js';
import { AmountRequest, BusyRequest, ConditionRequest, KeyRequest } from './sandbox.requests.js';

@ApiTags('sandbox')
@ApiNoContentResponse()
@ApiBadRequestResponse({ description: 'The body is wrong; the message names the field' })
@Controller('api/sandbox')
export class SandboxController {
  constructor(private readonly playground: SandboxPlayground) {}

  @Post('spend')
  @HttpCode(204)
  @ApiOperation({ summary: 'Spend, as somebody else with the key' })
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
    summary: 'Have the API answer as it should, not at all, late, or that it is asked too often',
  })
  setCondition(@Body() { condition }: ConditionRequest): void {
    this.playground.setCondition(condition);
  }

  @Post('key')
  @HttpCode(204)
  @ApiOperation({ summary: 'Have the keys expire, or work again' })
  setKey(@Body() { expired }: KeyRequest): void {
    this.playground.setKeyExpired(expired);
  }

  @Post('busy')
  @HttpCode(204)
  @ApiOperation({ summary: 'Ask models now and then, or do not' })
  setBusy(@Body() { busy }: BusyRequest): void {
    this.playground.setBusy(busy);
  }
}
