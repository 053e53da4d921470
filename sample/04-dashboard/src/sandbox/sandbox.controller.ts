import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBadRequestResponse, ApiBody, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { NO_FIELDS, NoFields } from '../no-fields.js';
import { LostWorker } from './lost-worker.js';
import { SandboxPlayground } from './sandbox-playground.js';
import {
  AmountRequest,
  BusyRequest,
  ConditionRequest,
  KeyRequest,
  StoreRequest,
} from './sandbox.requests.js';

@ApiTags('sandbox')
@ApiNoContentResponse()
@ApiBadRequestResponse({ description: 'The body is invalid; the message names the field' })
@Controller('api/sandbox')
export class SandboxController {
  constructor(
    private readonly playground: SandboxPlayground,
    private readonly worker: LostWorker,
  ) {}

  @Post('spend')
  @HttpCode(204)
  @ApiOperation({ summary: 'Spend past the meter, as a script with the same key would' })
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

  @Post('store')
  @HttpCode(204)
  @ApiOperation({ summary: 'Make the store of the spend limits fail or work again' })
  setStore(@Body() { down }: StoreRequest): void {
    this.playground.setStoreDown(down);
  }

  @Post('crash')
  @HttpCode(204)
  @ApiOperation({ summary: 'Lose a process in the middle of a completion' })
  @ApiBody({ schema: NO_FIELDS })
  async crash(@Body(NoFields) _body: unknown): Promise<void> {
    await this.worker.crash();
  }

  @Post('busy')
  @HttpCode(204)
  @ApiOperation({ summary: 'Start or stop background completions' })
  setBusy(@Body() { busy }: BusyRequest): void {
    this.playground.setBusy(busy);
  }
}
